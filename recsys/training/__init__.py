"""Events → dataset → split → fit → evaluate → publish. Runs offline; a request never imports it."""
