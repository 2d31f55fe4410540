// Clocks, and a serial line with interrupts, for the emulated MPS2 board (ARM DAI 0385: AN385).

#include "py/mphal.h"
#include "py/ringbuf.h"
#include "py/runtime.h"
#include "py/stream.h"
#include "shared/runtime/interrupt_char.h"
#include "shared/runtime/pyexec.h"

#define CLOCK_HZ 25000000

// Cortex-M3
#define SYSTICK_CONTROL (*(volatile uint32_t *)0xe000e010)
#define SYSTICK_RELOAD (*(volatile uint32_t *)0xe000e014)
#define SYSTICK_VALUE (*(volatile uint32_t *)0xe000e018)
#define NVIC_ENABLE (*(volatile uint32_t *)0xe000e100)
#define CONTROL_STATE (*(volatile uint32_t *)0xe000ed04)
#define VECTORS (*(volatile uint32_t *)0xe000ed08)
#define SYSTICK_PENDING (1 << 26)
#define SYSTICK_EXCEPTION 15
#define FIRST_INTERRUPT 16

// The first serial line
#define UART_DATA (*(volatile uint32_t *)0x40004000)
#define UART_STATE (*(volatile uint32_t *)0x40004004)
#define UART_CONTROL (*(volatile uint32_t *)0x40004008)
#define UART_INTERRUPTS (*(volatile uint32_t *)0x4000400c)
#define UART_RECEIVED (1 << 1)
#define UART_RECEIVE_INTERRUPT (1 << 3)
#define UART_IRQ 0

extern const uint32_t isr_vector[];
static uint32_t vectors[32] __attribute__((aligned(256)));
static volatile uint32_t milliseconds;
static uint8_t input_bytes[1024];
static ringbuf_t input = {input_bytes, sizeof(input_bytes), 0, 0};

static void on_systick(void) {
    milliseconds++;
}

static void on_input(void) {
    // Before the reading, else a character that comes after it would make no interrupt.
    UART_INTERRUPTS = UART_RECEIVED;
    // Without room the line waits: the emulator sends no further character until this one is taken.
    while ((UART_STATE & UART_RECEIVED) && ringbuf_free(&input)) {
        int c = UART_DATA & 0xff;
        if (c == mp_interrupt_char) {
            mp_sched_keyboard_interrupt();
        } else {
            ringbuf_put(&input, c);
        }
    }
}

uint32_t board_disable_interrupts(void) {
    uint32_t state;
    __asm volatile ("mrs %0, primask\n cpsid i" : "=r" (state) : : "memory");
    return state;
}

void board_restore_interrupts(uint32_t state) {
    __asm volatile ("msr primask, %0" : : "r" (state) : "memory");
}

// Sleep until the next interrupt, a millisecond at most.
void board_wait(void) {
    __asm volatile ("wfi" : : : "memory");
}

static bool started;

// At power-on, and again after each soft reset.
void board_init(void) {
    started = false;
    if (SYSTICK_CONTROL) {
        return;
    }
    for (size_t i = 0; i < FIRST_INTERRUPT; i++) {
        vectors[i] = isr_vector[i];
    }
    vectors[SYSTICK_EXCEPTION] = (uint32_t)on_systick;
    vectors[FIRST_INTERRUPT + UART_IRQ] = (uint32_t)on_input;
    VECTORS = (uint32_t)vectors;
    SYSTICK_RELOAD = CLOCK_HZ / 1000 - 1;
    SYSTICK_VALUE = 0;
    SYSTICK_CONTROL = 7;
    UART_CONTROL |= UART_RECEIVE_INTERRUPT;
    NVIC_ENABLE = 1 << UART_IRQ;
}

static int next_character(void) {
    uint32_t state = board_disable_interrupts();
    int c = ringbuf_get(&input);
    on_input();
    board_restore_interrupts(state);
    return c;
}

int __wrap_mp_hal_stdin_rx_chr(void) {
    for (;;) {
        int c = next_character();
        if (c >= 0) {
            return c;
        }
        mp_event_wait_indefinite();
    }
}

uintptr_t __wrap_mp_hal_stdio_poll(uintptr_t flags) {
    uintptr_t ready = flags & MP_STREAM_POLL_WR;
    if ((flags & MP_STREAM_POLL_RD) && ringbuf_avail(&input)) {
        ready |= MP_STREAM_POLL_RD;
    }
    return ready;
}

mp_uint_t mp_hal_ticks_ms(void) {
    return milliseconds;
}

mp_uint_t mp_hal_ticks_us(void) {
    uint32_t state = board_disable_interrupts();
    uint32_t left = SYSTICK_VALUE;
    uint32_t passed = milliseconds;
    if (CONTROL_STATE & SYSTICK_PENDING) {
        left = SYSTICK_VALUE;
        passed++;
    }
    board_restore_interrupts(state);
    return passed * 1000 + (CLOCK_HZ / 1000 - 1 - left) / (CLOCK_HZ / 1000000);
}

mp_uint_t mp_hal_ticks_cpu(void) {
    return mp_hal_ticks_us() * (CLOCK_HZ / 1000000);
}

void mp_hal_delay_us(mp_uint_t us) {
    mp_uint_t start = mp_hal_ticks_us();
    while (mp_hal_ticks_us() - start < us) {
    }
}

void mp_hal_delay_ms(mp_uint_t ms) {
    mp_uint_t start = mp_hal_ticks_ms();
    while (mp_hal_ticks_ms() - start < ms) {
        mp_event_wait_ms(1);
    }
}

// Seconds since 1970 of the host's clock, by semihosting: SYS_TIME.
static uint32_t host_time(void) {
    register uint32_t call __asm__ ("r0") = 0x11;
    register uint32_t argument __asm__ ("r1") = 0;
    __asm volatile ("bkpt 0xab" : "+r" (call) : "r" (argument) : "memory");
    return call;
}

uint64_t mp_hal_time_ns(void) {
    // The host tells whole seconds; between them the millisecond counter goes on.
    static uint32_t second, second_began;
    uint32_t now = host_time();
    if (now != second) {
        second = now;
        second_began = milliseconds;
    }
    uint32_t part = MIN(milliseconds - second_began, 999);
    return now * 1000000000ULL + part * 1000000ULL;
}

// What other ports do before their first prompt; the raw one comes without main.py.
static void start(void) {
    if (!started) {
        started = true;
        pyexec_frozen_module("_boot.py", false);
        if (pyexec_mode_kind == PYEXEC_MODE_FRIENDLY_REPL) {
            pyexec_file_if_exists("main.py");
        }
    }
}

extern int __real_pyexec_raw_repl(void);
extern int __real_pyexec_friendly_repl(void);

int __wrap_pyexec_raw_repl(void) {
    start();
    return __real_pyexec_raw_repl();
}

int __wrap_pyexec_friendly_repl(void) {
    start();
    return __real_pyexec_friendly_repl();
}
