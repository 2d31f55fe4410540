# An ARM MPS2 board with a Cortex-M3 (AN385), as QEMU emulates it, for `make -C ports/qemu BOARD_DIR=…`.
# Beyond the port's own MPS2_AN385 it has clocks, waits without burning the host's processor, and takes
# its input by interrupts: the client and mpremote's `mount` need that.

include boards/MPS2_AN385/mpconfigboard.mk

LDSCRIPT = $(BOARD_DIR)/board.ld

# What the larger of the supported boards leave to a program; the chip has 4 MB.
MICROPY_HEAP_SIZE ?= 524288

CFLAGS += -I$(BOARD_DIR) -DMP_CONFIGFILE='"board_config.h"'

SRC_C += board.c shared/timeutils/timeutils.c
vpath %.c $(BOARD_DIR)

# The port's own poll for input and wait for its next character (mphalport.c) know no interrupts.
LDFLAGS += -Wl,--wrap=mp_hal_stdio_poll -Wl,--wrap=mp_hal_stdin_rx_chr

# A file system in memory that the firmware leaves alone: it outlives a soft reset, as flash would.
MICROPY_VFS_LFS2 = 1

# Before the first prompt after a start: _boot.py, and main.py.
LDFLAGS += -Wl,--wrap=pyexec_raw_repl -Wl,--wrap=pyexec_friendly_repl
