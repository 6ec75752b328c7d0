/* Many phones in one process: an epoll load client that speaks WebSocket, each phone with a first message of its own.
 *
 *   phones --port P [--port P2] --n N [--path /ws/ticket] [--hello FILE] [--inflight 64] [--stall S]
 *          [--record FRAMES] [--watch TEXT] [--pubfd FD] [--eio]
 *
 * --hello   a file with one message a line; phone i says line i, and has joined when the first frame has come
 * --stall   the first S phones never read again once they have joined, and offer a small window
 * --record  keep one record a frame, up to so many, for `ages` and `spread`
 * --watch   note the frames that contain this text, for `watched`
 * --pubfd   where one byte asks for one event, for `saturate` and `rate`
 * --eio     Engine.IO 4 / Socket.IO 5 over a raw WebSocket
 *
 * First it connects all phones and says how that went; then it obeys one-line commands on stdin:
 *   read SECONDS                 count what comes by itself, answering pings
 *   saturate SECONDS WINDOW      keep WINDOW events in flight, as fast as the server delivers
 *   rate EVENTS_A_SECOND SECONDS an open loop
 *   quiet SECONDS MOST           wait until nothing has come for SECONDS, but no longer than MOST
 *   ages FILE                    ages of the last phase's frames; FILE has "version nanoseconds all" lines
 *   spread                       first to last phone of each version of the last phase
 *   watched                      the noted frames of the last phase: phone, nanoseconds, version
 *   last FILE                    each phone's last frame into FILE, a line each
 *   drain SECONDS                let the stalled phones read until their end comes
 *   quit
 * Each is answered with one line of JSON. Times are CLOCK_MONOTONIC nanoseconds; a payload that carries "T=<ns>;" is
 * measured against that stamp, one that carries "v":<n> is recorded as that version.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "records.h"

enum { CONNECTING, UPGRADING, EIO_OPEN, EIO_JOIN, JOINING, JOINED, GONE };
enum { TEXT = 1, BINARY = 2, CLOSE = 8, PING = 9, PONG = 10 };
enum { INPUT_BYTES = 1 << 18, PORTS = 4, WATCHED = 1 << 16, GIVE_UP_S = 20,
       SILENCE_NS = 500000000 };

typedef struct {
    int fd, state, code;             /* code: of the close frame that came, -1 for an abort */
    uint64_t frames;                 /* of this phase */
    char *partial; uint32_t partial_len, partial_cap;
    char *last; uint32_t last_len, last_cap;
} phone;

static int ports[PORTS], port_count, phone_count = 100, inflight_most = 64, eio, stalled, pubfd = -1;
static const char *path = "/", *watch;
static char **hellos;
static phone *phones;
static int poller, joined, gone, inflight, opened;
static char input[INPUT_BYTES];

static uint64_t frames_in, payload_bytes, pings;                     /* of this phase */
static histogram stamped;
static record *records; static uint64_t record_cap, record_count;
static struct { uint32_t phone, v; uint64_t at; } watched[WATCHED]; static int watched_count;

static uint64_t now_ns(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000000000ull + (uint64_t)t.tv_nsec;
}

/* One phone */

static void leave(phone *p, int code) {
    if (p->state == GONE) return;
    if (p->state == JOINED) joined--; else inflight--;
    p->state = GONE; p->code = code; gone++;
    close(p->fd);
}

static void say(phone *p, int opcode, const char *text, size_t n) {      /* masked, with the key 0 */
    char frame[4096]; size_t h = 0;
    frame[h++] = (char)(0x80 | opcode);
    if (n < 126) frame[h++] = (char)(0x80 | n);
    else { frame[h++] = (char)(0x80 | 126); frame[h++] = (char)(n >> 8); frame[h++] = (char)(n & 255); }
    memset(frame + h, 0, 4); h += 4;
    if (n > sizeof frame - h) return;
    memcpy(frame + h, text, n);
    if (send(p->fd, frame, h + n, MSG_NOSIGNAL) < 0) return;             /* a dead peer shows up on read */
}

static void has_joined(phone *p) {
    p->state = JOINED; joined++; inflight--;
    if (p - phones < stalled) {                                           /* no word is read, only its end heard of */
        struct epoll_event event = { .events = EPOLLRDHUP, .data.u32 = (uint32_t)(p - phones) };
        epoll_ctl(poller, EPOLL_CTL_MOD, p->fd, &event);
    }
}

static void greet(phone *p) {
    if (!hellos) { has_joined(p); return; }
    const char *hello = hellos[p - phones];
    p->state = JOINING;
    say(p, TEXT, hello, strlen(hello));
}

static uint64_t number_after(const char *text, size_t n, const char *key) {
    const char *m = memmem(text, n, key, strlen(key));
    uint64_t v = 0;
    if (!m) return 0;
    for (m += strlen(key); m < text + n && *m >= '0' && *m <= '9'; m++) v = v * 10 + (uint64_t)(*m - '0');
    return v;
}

static void keep_last(phone *p, const char *text, size_t n) {
    if (n > p->last_cap) { p->last_cap = (uint32_t)n + 64; p->last = realloc(p->last, p->last_cap); }
    memcpy(p->last, text, n);
    p->last_len = (uint32_t)n;
}

static void on_payload(phone *p, const char *text, size_t n, uint64_t at) {
    uint64_t sent = number_after(text, n, "T=");
    frames_in++; payload_bytes += n; p->frames++;
    if (sent && at > sent) histogram_add(&stamped, at - sent);
    if (hellos) keep_last(p, text, n);
    if (record_cap || watch) {
        uint32_t v = (uint32_t)number_after(text, n, "\"v\":");
        if (record_count < record_cap) records[record_count++] = (record){ (uint32_t)(p - phones), v, at };
        if (watch && watched_count < WATCHED && memmem(text, n, watch, strlen(watch))) {
            watched[watched_count].phone = (uint32_t)(p - phones);
            watched[watched_count].v = v; watched[watched_count++].at = at;
        }
    }
    if (p->state == JOINING) has_joined(p);
}

static void on_engine_io(phone *p, const char *text, size_t n, uint64_t at) {
    if (n > 1 && text[0] == '4' && text[1] == '2') on_payload(p, text, n, at);
    else if (n == 1 && text[0] == '2') { pings++; say(p, TEXT, "3", 1); }
    else if (n && text[0] == '0' && p->state == EIO_OPEN) { say(p, TEXT, "40", 2); p->state = EIO_JOIN; }
    else if (n > 1 && text[0] == '4' && text[1] == '0' && p->state == EIO_JOIN) has_joined(p);
}

static void on_frame(phone *p, int opcode, const char *text, size_t n, uint64_t at) {
    if (opcode == PING) { pings++; say(p, PONG, text, n); }
    else if (opcode == CLOSE) leave(p, n >= 2 ? (uint8_t)text[0] << 8 | (uint8_t)text[1] : 1005);
    else if (opcode != TEXT && opcode != BINARY) return;
    else if (eio) on_engine_io(p, text, n, at);
    else on_payload(p, text, n, at);
}

static size_t take_frames(phone *p, const char *data, size_t n, uint64_t at) {   /* the bytes used up */
    size_t used = 0;
    while (n - used >= 2 && p->state != GONE) {
        const uint8_t *q = (const uint8_t *)data + used; size_t head = 2; uint64_t len = q[1] & 127;
        if (len == 126) { if (n - used < 4) break; len = (uint64_t)(q[2] << 8 | q[3]); head = 4; }
        else if (len == 127) {
            if (n - used < 10) break;
            len = 0; head = 10;
            for (int i = 2; i < 10; i++) len = len << 8 | q[i];
        }
        if (n - used < head + len) break;
        on_frame(p, q[0] & 15, data + used + head, len, at);
        used += head + len;
    }
    return used;
}

static size_t take_upgrade(phone *p, const char *data, size_t n) {                /* the bytes used up */
    char *end = memmem(data, n, "\r\n\r\n", 4);
    if (!end) return 0;
    if (n < 12 || memcmp(data + 9, "101", 3)) {
        if (!gone) fprintf(stderr, "upgrade refused: %.*s\n", (int)(end - data), data);
        leave(p, -2);
        return n;
    }
    if (eio) p->state = EIO_OPEN; else greet(p);
    return (size_t)(end + 4 - data);
}

static void keep_partial(phone *p, const char *data, size_t n) {
    if (n > p->partial_cap) { p->partial_cap = (uint32_t)n + 256; p->partial = realloc(p->partial, p->partial_cap); }
    memcpy(p->partial, data, n);
    p->partial_len = (uint32_t)n;
}

static void on_readable(phone *p) {
    size_t have = p->partial_len, used = 0;
    if (have) memcpy(input, p->partial, have);
    ssize_t r = recv(p->fd, input + have, INPUT_BYTES - have, 0);
    if (r < 0 && (errno == EAGAIN || errno == EINTR)) return;
    if (r <= 0) { leave(p, -1); return; }
    uint64_t at = now_ns();
    have += (size_t)r; p->partial_len = 0;
    if (p->state == UPGRADING) used = take_upgrade(p, input, have);
    if (p->state != UPGRADING && p->state != GONE) used += take_frames(p, input + used, have - used, at);
    if (p->state != GONE && used < have) keep_partial(p, input + used, have - used);
}

static void on_connected(phone *p) {
    char request[1024]; int error = 0; socklen_t size = sizeof error;
    getsockopt(p->fd, SOL_SOCKET, SO_ERROR, &error, &size);
    if (error) { if (!gone) fprintf(stderr, "connect: %s\n", strerror(error)); leave(p, -3); return; }
    int n = snprintf(request, sizeof request,
        "GET %s HTTP/1.1\r\nHost: 127.0.0.1:%d\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n",
        path, ports[(p - phones) % port_count]);
    if (send(p->fd, request, (size_t)n, MSG_NOSIGNAL) != n) { leave(p, -3); return; }
    p->state = UPGRADING;
    struct epoll_event event = { .events = EPOLLIN, .data.u32 = (uint32_t)(p - phones) };
    epoll_ctl(poller, EPOLL_CTL_MOD, p->fd, &event);
}

/* All phones */

static void open_one(phone *p, int number) {
    struct sockaddr_in address = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK),
                                   .sin_port = htons((uint16_t)ports[number % port_count]) };
    struct linger reset = { 1, 0 };                                       /* so that runs leave no TIME_WAIT behind */
    int one = 1, small = 4096;
    p->fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
    if (p->fd < 0) { perror("socket"); exit(1); }
    setsockopt(p->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    setsockopt(p->fd, SOL_SOCKET, SO_LINGER, &reset, sizeof reset);
    if (number < stalled) setsockopt(p->fd, SOL_SOCKET, SO_RCVBUF, &small, sizeof small);
    p->state = CONNECTING; inflight++;
    if (connect(p->fd, (void *)&address, sizeof address) < 0 && errno != EINPROGRESS) { perror("connect"); exit(1); }
    struct epoll_event event = { .events = EPOLLOUT, .data.u32 = (uint32_t)number };
    epoll_ctl(poller, EPOLL_CTL_ADD, p->fd, &event);
}

static void pump(int timeout_ms) {
    static struct epoll_event events[1024];
    int n = epoll_wait(poller, events, 1024, timeout_ms);
    for (int i = 0; i < n; i++) {
        phone *p = &phones[events[i].data.u32];
        if (p->state == CONNECTING) on_connected(p);
        else if (p->state == JOINED && p - phones < stalled && !(events[i].events & EPOLLIN)) leave(p, -1);
        else if (p->state != GONE) on_readable(p);
    }
}

static void connect_all(void) {
    uint64_t start = now_ns(), last = start; int before = 0;
    while (joined + gone < phone_count && now_ns() - last < GIVE_UP_S * 1000000000ull) {
        while (opened < phone_count && inflight < inflight_most) { open_one(&phones[opened], opened); opened++; }
        pump(100);
        if (joined != before) { before = joined; last = now_ns(); }
    }
    double s = (double)(last - start) / 1e9;
    printf("{\"phones\":%d,\"joined\":%d,\"gone\":%d,\"seconds\":%.4f,\"joins_per_s\":%.0f}\n",
           phone_count, joined, gone, s, s > 0 ? joined / s : 0);
}

static void ask(int events) {
    char bytes[64]; memset(bytes, 'x', sizeof bytes);
    for (int n; events > 0; events -= n) {
        n = events > 64 ? 64 : events;
        if (write(pubfd, bytes, (size_t)n) < 0) { perror("pubfd"); exit(1); }
    }
}

static void begin_phase(void) {
    frames_in = payload_bytes = pings = record_count = 0; watched_count = 0;
    memset(&stamped, 0, sizeof stamped);
    for (int i = 0; i < phone_count; i++) phones[i].frames = 0;
}

static void report(uint64_t events, double seconds) {
    uint64_t low = UINT64_MAX, high = 0;
    for (int i = stalled; i < phone_count; i++) {
        if (phones[i].frames < low) low = phones[i].frames;
        if (phones[i].frames > high) high = phones[i].frames;
    }
    printf("{\"events\":%lu,\"frames\":%lu,\"seconds\":%.4f,\"frames_per_s\":%.0f,\"payload_bytes\":%.1f,"
           "\"p50_ms\":%.3f,\"p99_ms\":%.3f,\"max_ms\":%.3f,\"fewest\":%lu,\"most\":%lu,\"gone\":%d,\"pings\":%lu}\n",
           events, frames_in, seconds, (double)frames_in / seconds,
           frames_in ? (double)payload_bytes / (double)frames_in : 0,
           histogram_share(&stamped, .5) / 1e6, histogram_share(&stamped, .99) / 1e6, (double)stamped.max / 1e6,
           low, high, gone, pings);
}

/* Phases */

static void read_for(double seconds) {
    uint64_t end = now_ns() + (uint64_t)(seconds * 1e9);
    while (now_ns() < end) pump(20);
    report(0, seconds);
}

static void quiet(double seconds, double most) {
    uint64_t start = now_ns(), last = start, before = frames_in;
    while (now_ns() - last < (uint64_t)(seconds * 1e9) && now_ns() - start < (uint64_t)(most * 1e9)) {
        pump(20);
        if (frames_in != before) { before = frames_in; last = now_ns(); }
    }
    report(0, (double)(now_ns() - start) / 1e9);
}

static void saturate(double seconds, int window) {
    uint64_t live = (uint64_t)(joined > stalled ? joined - stalled : 1), issued = (uint64_t)window, skipped = 0;
    uint64_t start = now_ns(), end = start + (uint64_t)(seconds * 1e9), last = start, before = 0;
    ask(window);
    while (frames_in + skipped < issued * live) {
        pump(50);
        if (frames_in != before) { before = frames_in; last = now_ns(); }
        else if (now_ns() - last > SILENCE_NS) {                           /* a state that equals the last one */
            if (now_ns() > end) break;
            skipped = issued * live - frames_in; last = now_ns();
        }
        while (now_ns() < end && issued < (frames_in + skipped) / live + (uint64_t)window) { ask(1); issued++; }
    }
    report(issued, (double)(last - start + 1) / 1e9);
}

static void rate(double per_s, double seconds) {
    uint64_t total = (uint64_t)(per_s * seconds), issued = 0, start = now_ns(), live = (uint64_t)(joined - stalled);
    while (issued < total) {
        uint64_t t = now_ns(), due = start + (uint64_t)((double)issued * 1e9 / per_s);
        if (t >= due) { ask(1); issued++; continue; }
        uint64_t ms = (due - t) / 1000000;
        pump(ms > 20 ? 20 : (int)ms);
    }
    uint64_t last = now_ns(), before = frames_in;                          /* a server may skip states */
    while (frames_in < issued * live && now_ns() - last < SILENCE_NS) {
        pump(20);
        if (frames_in != before) { before = frames_in; last = now_ns(); }
    }
    report(issued, (double)(now_ns() - start) / 1e9);
}

static void drain(double seconds) {
    uint64_t end = now_ns() + (uint64_t)(seconds * 1e9); int left = stalled, code = 0;
    for (int i = 0; i < stalled; i++) {
        struct epoll_event event = { .events = EPOLLIN, .data.u32 = (uint32_t)i };
        if (phones[i].state != GONE) epoll_ctl(poller, EPOLL_CTL_MOD, phones[i].fd, &event);
    }
    while (left && now_ns() < end) {
        pump(20); left = 0;
        for (int i = 0; i < stalled; i++) { if (phones[i].state != GONE) left++; else code = phones[i].code; }
    }
    printf("{\"stalled\":%d,\"still_open\":%d,\"code\":%d}\n", stalled, left, code);
}

/* What the records say */

static void ages(const char *file) {
    versions known; static histogram arrival, shown; uint64_t unknown = 0;
    if (!versions_read(&known, file)) { printf("{\"error\":\"no versions in %s\"}\n", file); return; }
    memset(&arrival, 0, sizeof arrival); memset(&shown, 0, sizeof shown);
    uint32_t *has = calloc((size_t)phone_count, sizeof *has);
    for (uint64_t i = 0; i < record_count; i++) {
        record *r = &records[i]; uint64_t at = versions_at(&known, r->v);
        if (!at) { unknown++; continue; }
        histogram_add(&arrival, r->at > at ? r->at - at : 0);
        uint32_t late = has[r->phone] ? versions_after(&known, has[r->phone]) : r->v;
        if (late && late <= r->v && versions_at(&known, late)) {
            uint64_t since = versions_at(&known, late);
            histogram_add(&shown, r->at > since ? r->at - since : 0);
        }
        if (r->v > has[r->phone]) has[r->phone] = r->v;
    }
    printf("{\"p50_ms\":%.2f,\"p99_ms\":%.2f,\"max_ms\":%.2f,\"shown_p50_ms\":%.2f,\"shown_p99_ms\":%.2f,"
           "\"shown_max_ms\":%.2f,\"frames\":%lu,\"versions\":%u,\"unknown\":%lu}\n",
           histogram_share(&arrival, .5) / 1e6, histogram_share(&arrival, .99) / 1e6, (double)arrival.max / 1e6,
           histogram_share(&shown, .5) / 1e6, histogram_share(&shown, .99) / 1e6, (double)shown.max / 1e6,
           record_count, known.count, unknown);
    free(has); versions_free(&known);
}

static void spread(void) {
    static histogram found; uint32_t low = UINT32_MAX, high = 0; uint64_t whole = 0;
    memset(&found, 0, sizeof found);
    for (uint64_t i = 0; i < record_count; i++) {
        if (records[i].v < low) low = records[i].v;
        if (records[i].v > high) high = records[i].v;
    }
    if (low > high) { printf("{\"versions\":0}\n"); return; }
    struct { uint64_t first, last; uint32_t count; } *one = calloc(high - low + 1, sizeof *one);
    for (uint64_t i = 0; i < record_count; i++) {
        uint32_t v = records[i].v - low;
        if (!one[v].count++) one[v].first = records[i].at;
        one[v].last = records[i].at;
    }
    for (uint32_t v = 0; v <= high - low; v++)
        if (one[v].count * 10ull >= (uint64_t)joined * 9) { histogram_add(&found, one[v].last - one[v].first); whole++; }
    printf("{\"versions\":%lu,\"p50_ms\":%.3f,\"p99_ms\":%.3f,\"max_ms\":%.3f}\n", whole,
           histogram_share(&found, .5) / 1e6, histogram_share(&found, .99) / 1e6, (double)found.max / 1e6);
    free(one);
}

static void say_watched(void) {
    printf("{\"watched\":[");
    for (int i = 0; i < watched_count; i++)
        printf("%s[%u,%lu,%u]", i ? "," : "", watched[i].phone, watched[i].at, watched[i].v);
    printf("]}\n");
}

static void write_last(const char *file) {
    FILE *f = fopen(file, "w"); int n = 0;
    if (!f) { printf("{\"error\":\"cannot write %s\"}\n", file); return; }
    for (int i = 0; i < phone_count; i++) {
        fprintf(f, "%d\t%d\t%.*s\n", phones[i].state == GONE, phones[i].code, (int)phones[i].last_len, phones[i].last);
        if (phones[i].last_len) n++;
    }
    fclose(f);
    printf("{\"phones\":%d}\n", n);
}

static int obey(char *command) {                                          /* 0 ends */
    char word[16] = "", file[512] = ""; double a = 0, b = 0;
    sscanf(command, "%15s %511s", word, file);
    sscanf(command, "%*s %lf %lf", &a, &b);
    if (!strcmp(word, "quit")) return 0;
    if (!strcmp(word, "ages")) ages(file);
    else if (!strcmp(word, "spread")) spread();
    else if (!strcmp(word, "watched")) say_watched();
    else if (!strcmp(word, "last")) write_last(file);
    else if (!strcmp(word, "drain")) drain(a);
    else if (!strcmp(word, "quiet")) quiet(a, b);
    else {
        begin_phase();
        if (!strcmp(word, "read")) read_for(a);
        else if (!strcmp(word, "saturate")) saturate(a, (int)b);
        else if (!strcmp(word, "rate")) rate(a, b);
        else printf("{\"error\":\"unknown command\"}\n");
    }
    fflush(stdout);
    return 1;
}

/* Start */

static void read_hellos(const char *file) {
    FILE *f = fopen(file, "r"); size_t cap = 0; ssize_t n; int i = 0;
    if (!f) { perror(file); exit(2); }
    hellos = calloc((size_t)phone_count, sizeof *hellos);
    while (i < phone_count && (n = getline(&hellos[i], &cap, f)) > 0) {
        hellos[i][strcspn(hellos[i], "\n")] = 0;
        cap = 0; i++;
    }
    fclose(f);
    if (i < phone_count) { fprintf(stderr, "%s has %d messages for %d phones\n", file, i, phone_count); exit(2); }
}

static void read_options(int argc, char **argv) {
    const char *hello_file = NULL;
    for (int i = 1; i < argc; i++) {
        const char *option = argv[i], *value = i + 1 < argc ? argv[i + 1] : "";
        if (!strcmp(option, "--eio")) { eio = 1; continue; }
        i++;
        if (!strcmp(option, "--port") && port_count < PORTS) ports[port_count++] = atoi(value);
        else if (!strcmp(option, "--n")) phone_count = atoi(value);
        else if (!strcmp(option, "--path")) path = value;
        else if (!strcmp(option, "--hello")) hello_file = value;
        else if (!strcmp(option, "--inflight")) inflight_most = atoi(value);
        else if (!strcmp(option, "--stall")) stalled = atoi(value);
        else if (!strcmp(option, "--record")) record_cap = (uint64_t)atoll(value);
        else if (!strcmp(option, "--watch")) watch = value;
        else if (!strcmp(option, "--pubfd")) pubfd = atoi(value);
        else { fprintf(stderr, "unknown option %s\n", option); exit(2); }
    }
    if (!port_count) { fprintf(stderr, "--port is missing\n"); exit(2); }
    if (hello_file) read_hellos(hello_file);
}

int main(int argc, char **argv) {
    struct rlimit limit; char command[1024];
    read_options(argc, argv);
    getrlimit(RLIMIT_NOFILE, &limit); limit.rlim_cur = limit.rlim_max; setrlimit(RLIMIT_NOFILE, &limit);
    phones = calloc((size_t)phone_count, sizeof *phones);
    records = record_cap ? malloc(record_cap * sizeof *records) : NULL;
    poller = epoll_create1(0);
    connect_all();
    fflush(stdout);
    fcntl(0, F_SETFL, fcntl(0, F_GETFL) | O_NONBLOCK);
    for (;;) {
        ssize_t n = read(0, command, sizeof command - 1);
        if (n == 0) return 0;
        if (n < 0) { pump(20); continue; }
        command[n] = 0;
        if (!obey(command)) return 0;
    }
}
