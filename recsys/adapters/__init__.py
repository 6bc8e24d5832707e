"""What stands between the ports and the world. Only `recsys.bootstrap` names an adapter."""
