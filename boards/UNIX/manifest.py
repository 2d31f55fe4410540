# What the unix port's standard variant freezes, and the client:
#   make -C ports/unix FROZEN_MANIFEST=…/boards/UNIX/manifest.py
include("$(PORT_DIR)/variants/standard/manifest.py")
include("../../manifest.py")
