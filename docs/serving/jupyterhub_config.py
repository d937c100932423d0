"""JupyterHub for a bureau: one system user a person, each in a copy of the project of their own.

    jupyterhub -f jupyterhub_config.py

People reach the hub through a reverse proxy that ends TLS; the hub itself listens on this machine
only. ``XUEWEI_HUB_ROOT`` names the folder that holds one project folder a person (default
``/srv/xuewei``). tests/trust/test_serving.py reads this file, and starts the single-user command
with its settings on the loopback.
"""

import os

c = get_config()  # noqa: F821 - JupyterHub puts it here

root = os.environ.get("XUEWEI_HUB_ROOT", "/srv/xuewei")

# the hub and its proxy answer this machine only; a reverse proxy with TLS stands in front
c.JupyterHub.bind_url = "http://127.0.0.1:8000"
c.JupyterHub.hub_ip = "127.0.0.1"

# nobody is let in who is not named; nobody may read another's server
c.Authenticator.allow_all = False
c.Authenticator.allowed_users = {"planner"}
c.Authenticator.admin_users = set()
c.JupyterHub.load_roles = []

# each server: own system user, own folder, own bounds, no terminals, no uploads beyond 100 MB
c.Spawner.cmd = ["jupyterhub-singleuser"]
c.Spawner.notebook_dir = f"{root}/{{username}}"
c.Spawner.default_url = "/lab/tree/notebooks"
c.Spawner.environment = {"XUEWEI_ROOT": f"{root}/{{username}}"}
c.Spawner.args = [
    "--ServerApp.terminals_enabled=False",
    "--ServerApp.allow_remote_access=False",
    "--ServerApp.max_body_size=104857600",
    "--ServerApp.max_buffer_size=104857600",
    "--ContentsManager.allow_hidden=False",
    "--FileContentsManager.delete_to_trash=False",
    "--MappingKernelManager.cull_idle_timeout=7200",
]
c.Spawner.mem_limit = "6G"
c.Spawner.http_timeout = 60
