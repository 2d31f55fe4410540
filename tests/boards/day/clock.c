/* The clock of a board under test, preloaded into MicroPython. No sleep takes longer than the test wants it to.

The test and the stand-in `machine` share a page of a file with this code, which has the board's time. While `fast`
is set, a process does not sleep until a deadline: its clocks jump there, unless a file descriptor is ready now.
Computing takes its normal time. The wall clock is the monotonic one plus an offset that changes when the RTC is set.
mbedtls checks certificates by it too. In the cloud, with CLOUD_CLOCK, it only gives the time of day in the board's
world.

Built with -nostdlib, so that the 32-bit build needs no 32-bit libc. What is used of libc is declared here. */

typedef unsigned long size;

extern char *getenv(const char *);
extern int open(const char *, int, ...);
extern void *mmap(void *, size, int, int, int, long);
extern long syscall(long, ...);

struct page {
    double skipped;       /* us by which the monotonic clock is ahead of the machine's */
    double wall;          /* us from the monotonic clock to the Unix time */
    double fast;          /* whether sleeping takes no time */
    double asleep;        /* us: the longest jump in one sleep */
    double jumps;         /* their number */
};

struct stamp32 { int s, f; };
struct stamp64 { long long s, f; };
struct native { long s, f; };
struct ready { int fd; short events, revents; };

#ifdef __x86_64__
enum { POLL = 7, CLOCK_GETTIME = 228, NANOSLEEP = 35, SELECT = 23 };
#else
enum { POLL = 168, CLOCK_GETTIME = 265, NANOSLEEP = 162, SELECT = 142 };
#endif

#define SLICE 4000.0 /* us after which a sleeping process looks at the page again */

static volatile struct page *page;
static int cloud;

static void find_page(void) {
    const char *name = getenv("BOARD_CLOCK");
    if (!name) {
        name = getenv("CLOUD_CLOCK");
        cloud = name != 0;
    }
    int fd = name ? open(name, 2) : -1;
    page = mmap(0, 4096, 3, fd < 0 ? 0x21 : 1, fd, 0); /* without a file: a private page */
}

static double read_clock(int id) {
    struct native now;
    if (!page) find_page();
    syscall(CLOCK_GETTIME, (long)id, &now);
    return now.s * 1e6 + now.f / 1e3;
}

static double monotonic(void) {
    double now = read_clock(1);
    return cloud ? now : now + page->skipped;
}

static double wall(void) {
    if (!page) find_page();
    return cloud ? read_clock(0) + page->skipped : monotonic() + page->wall;
}

static double clock_of(int id) {
    return id == 0 || id == 5 ? wall() : id == 2 || id == 3 ? read_clock(id) : monotonic();
}

/* Wait for `n` descriptors for `us`, forever if that is negative. Returns what poll() does. */
static long sleep_on(struct ready *fds, unsigned n, double us) {
    double end = monotonic() + us;
    if (cloud) return syscall(POLL, fds, (long)n, us < 0 ? -1L : (long)((us + 999) / 1000));
    for (;;) {
        double left = us < 0 ? 1e18 : end - monotonic();
        double slice = left < SLICE ? left : SLICE;
        long found;
        if (slice < 0) slice = 0;
        if (page->fast && left > 0) {
            found = syscall(POLL, fds, (long)n, 0L);
            if (found) return found;
            if (us >= 0) {
                page->skipped += left < page->asleep ? left : page->asleep;
                page->jumps += 1;
                if (left > page->asleep) continue;
                return 0;
            }
        }
        if (n || slice >= 1000) {
            found = syscall(POLL, fds, (long)n, (long)((slice + 999) / 1000));
        } else {
            struct native t = {0, (long)(slice * 1000)};
            found = syscall(NANOSLEEP, &t, 0L);
        }
        if (found) return found;
        if (left <= slice) return 0;
    }
}

int poll(struct ready *fds, size n, int ms) {
    return (int)sleep_on(fds, (unsigned)n, ms < 0 ? -1.0 : ms * 1e3);
}

int usleep(unsigned us) {
    sleep_on(0, 0, us);
    return 0;
}

#define SELECT_OF(name, stamp) \
    int name(int n, void *r, void *w, void *e, struct stamp *t) { \
        if (!n && t) return (int)sleep_on(0, 0, t->s * 1e6 + t->f); \
        struct native real = {t ? (long)t->s : 0, t ? (long)t->f : 0}; \
        return (int)syscall(SELECT, (long)n, r, w, e, t ? &real : (struct native *)0); \
    }

#define CLOCK_OF(name, stamp, part) \
    int name(int id, struct stamp *t) { \
        double now = clock_of(id); \
        t->s = (part)(now / 1e6); \
        t->f = (part)((now - t->s * 1e6) * 1e3); \
        return 0; \
    }

#define DAY_OF(name, stamp, part) \
    int name(struct stamp *t, void *zone) { \
        double now = wall(); \
        t->s = (part)(now / 1e6); \
        t->f = (part)(now - t->s * 1e6); \
        return 0; \
    }

#define TIME_OF(name, part) \
    part name(part *t) { \
        part now = (part)(wall() / 1e6); \
        if (t) *t = now; \
        return now; \
    }

#ifdef __x86_64__
SELECT_OF(select, native)
CLOCK_OF(clock_gettime, native, long)
DAY_OF(gettimeofday, native, long)
TIME_OF(time, long)
#else
SELECT_OF(select, stamp32)
SELECT_OF(__select64, stamp64)
CLOCK_OF(clock_gettime, stamp32, int)
CLOCK_OF(__clock_gettime64, stamp64, long long)
DAY_OF(gettimeofday, stamp32, int)
DAY_OF(__gettimeofday64, stamp64, long long)
TIME_OF(time, int)
TIME_OF(__time64, long long)
#endif
