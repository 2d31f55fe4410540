// The port's configuration, and what makes a board of it that the client runs on.

#include <mpconfigport.h>

#undef MICROPY_PY_SELECT
#undef MICROPY_PY_TIME
#undef MICROPY_PY_ASYNCIO
#undef MICROPY_PY_SYS_STDIO_BUFFER

#define MICROPY_PY_SELECT (1)
#define MICROPY_PY_ASYNCIO (1)
#define MICROPY_PY_SYS_STDIO_BUFFER (1)
#define MICROPY_PY_TIME (1)
#define MICROPY_PY_TIME_TIME_TIME_NS (1)
#define MICROPY_EPOCH_IS_1970 (1)
#define MICROPY_PY_TIME_GMTIME_LOCALTIME_MKTIME (1)
#define MICROPY_PY_TIME_INCLUDEFILE "board_time.h"

void board_init(void);
void board_wait(void);
uint32_t board_disable_interrupts(void);
void board_restore_interrupts(uint32_t state);

#define MICROPY_PORT_INIT_FUNC board_init()
#define MICROPY_INTERNAL_WFE(TIMEOUT_MS) board_wait()
#define MICROPY_BEGIN_ATOMIC_SECTION() board_disable_interrupts()
#define MICROPY_END_ATOMIC_SECTION(state) board_restore_interrupts(state)
