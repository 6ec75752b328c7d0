/* The ceiling: one epoll loop that hears a Redis channel, frames each message once and send()s it to every phone.
 *
 * Nothing here could be left out: no slow reader is waited for (it is dropped), nothing is personal, nothing is kept.
 *   ceiling PORT REDIS_PORT CHANNEL
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

enum { FILES = 65536, REDIS_BYTES = 1 << 18, REQUEST_BYTES = 8192, FRAME_BYTES = 8192 };
enum { CLOSED, UPGRADING, OPEN };

static char state[FILES];
static int phones[FILES], place[FILES], count, poller;

/* The upgrade (RFC 6455, 4.2.2): SHA-1 of the key and a constant, in base 64 */

static uint32_t turn(uint32_t x, int n) { return x << n | x >> (32 - n); }

static void sha1(const uint8_t *in, size_t n, uint8_t out[20]) {         /* n < 119 */
    uint8_t block[128] = {0}; size_t total = n + 9 <= 64 ? 64 : 128;
    uint32_t h[5] = {0x67452301, 0xEFCDAB89, 0x98BADCFE, 0x10325476, 0xC3D2E1F0};
    memcpy(block, in, n); block[n] = 0x80;
    for (int i = 0; i < 8; i++) block[total - 1 - (size_t)i] = (uint8_t)((uint64_t)n * 8 >> (8 * i));
    for (size_t b = 0; b < total; b += 64) {
        uint32_t w[80], a = h[0], B = h[1], c = h[2], d = h[3], e = h[4];
        for (size_t i = 0; i < 16; i++)
            w[i] = (uint32_t)block[b + 4 * i] << 24 | (uint32_t)block[b + 4 * i + 1] << 16 |
                   (uint32_t)block[b + 4 * i + 2] << 8 | block[b + 4 * i + 3];
        for (int i = 16; i < 80; i++) w[i] = turn(w[i - 3] ^ w[i - 8] ^ w[i - 14] ^ w[i - 16], 1);
        for (int i = 0; i < 80; i++) {
            uint32_t f, k, t;
            if (i < 20) { f = (B & c) | (~B & d); k = 0x5A827999; }
            else if (i < 40) { f = B ^ c ^ d; k = 0x6ED9EBA1; }
            else if (i < 60) { f = (B & c) | (B & d) | (c & d); k = 0x8F1BBCDC; }
            else { f = B ^ c ^ d; k = 0xCA62C1D6; }
            t = turn(a, 5) + f + e + k + w[i];
            e = d; d = c; c = turn(B, 30); B = a; a = t;
        }
        h[0] += a; h[1] += B; h[2] += c; h[3] += d; h[4] += e;
    }
    for (int i = 0; i < 20; i++) out[i] = (uint8_t)(h[i / 4] >> (24 - 8 * (i % 4)));
}

static void drop(int fd) {
    if (state[fd] == OPEN) { phones[place[fd]] = phones[--count]; place[phones[place[fd]]] = place[fd]; }
    state[fd] = CLOSED;
    close(fd);
}

static void upgrade(int fd, const char *request) {
    static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    const char *key = strcasestr(request, "Sec-WebSocket-Key:");
    char text[100], answer[29] = "", response[256]; uint8_t digest[21] = {0}; int n, o = 0;
    if (!key) { drop(fd); return; }
    for (key += 18; *key == ' ';) key++;
    n = snprintf(text, sizeof text, "%.24s258EAFA5-E914-47DA-95CA-C5AB0DC85B11", key);
    sha1((uint8_t *)text, (size_t)n, digest);
    for (int i = 0; i < 21; i += 3)
        for (int j = 18; j >= 0; j -= 6)
            answer[o++] = letters[(digest[i] << 16 | digest[i + 1] << 8 | digest[i + 2]) >> j & 63];
    answer[27] = '=';
    n = snprintf(response, sizeof response, "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n"
                 "Connection: Upgrade\r\nSec-WebSocket-Accept: %s\r\n\r\n", answer);
    if (send(fd, response, (size_t)n, MSG_NOSIGNAL) != n) { drop(fd); return; }
    state[fd] = OPEN; place[fd] = count; phones[count++] = fd;
}

static void broadcast(const char *text, size_t n) {
    char frame[FRAME_BYTES]; size_t h = 0;
    if (n + 4 > sizeof frame) return;
    frame[h++] = (char)0x81;
    if (n < 126) frame[h++] = (char)n;
    else { frame[h++] = 126; frame[h++] = (char)(n >> 8); frame[h++] = (char)(n & 255); }
    memcpy(frame + h, text, n); n += h;
    for (int i = count - 1; i >= 0; i--)
        if (send(phones[i], frame, n, MSG_NOSIGNAL | MSG_DONTWAIT) != (ssize_t)n) drop(phones[i]);
}

/* Redis says *3 $7 message $n channel $n payload, and *3 $9 subscribe once */

static char *after_lines(char *at, int lines) {
    while (lines-- > 0) { at = strstr(at, "\r\n"); if (!at) return NULL; at += 2; }
    return at;
}

static size_t take_messages(char *data, size_t n) {                      /* the bytes used up */
    char *at = data;
    while (*at == '*') {
        int is_message = !strncmp(at, "*3\r\n$7\r\nmessage", 15);
        char *next = after_lines(at, is_message ? 5 : 6), *text; size_t len;
        if (!next) break;
        if (is_message) {
            len = (size_t)atoi(next + 1);
            if (!(text = after_lines(next, 1)) || text + len + 2 > data + n) break;
            broadcast(text, len);
            next = text + len + 2;
        }
        at = next;
    }
    return (size_t)(at - data);
}

static void hear(int redis) {
    static char data[REDIS_BYTES]; static size_t have; size_t used;
    ssize_t r = read(redis, data + have, sizeof data - have - 1);
    if (r <= 0) exit(1);
    have += (size_t)r; data[have] = 0;
    used = take_messages(data, have);
    have -= used;
    memmove(data, data + used, have);
}

static void watch(int fd) {
    struct epoll_event event = { .events = EPOLLIN, .data.fd = fd };
    epoll_ctl(poller, EPOLL_CTL_ADD, fd, &event);
}

static void accept_all(int listener) {
    int fd, one = 1;
    while ((fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK)) >= 0) {
        setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
        state[fd] = UPGRADING;
        watch(fd);
    }
}

static void read_phone(int fd) {
    char request[REQUEST_BYTES]; ssize_t r = recv(fd, request, sizeof request - 1, 0);
    if (r <= 0) { drop(fd); return; }
    request[r] = 0;
    if (state[fd] == UPGRADING) upgrade(fd, request);
}

static int open_socket(int port, int listens) {
    struct sockaddr_in address = { .sin_family = AF_INET, .sin_port = htons((uint16_t)port),
                                   .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    int one = 1, fd = socket(AF_INET, SOCK_STREAM | (listens ? SOCK_NONBLOCK : 0), 0);
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
    if (listens ? bind(fd, (void *)&address, sizeof address) || listen(fd, 4096)
                : connect(fd, (void *)&address, sizeof address)) { perror("ceiling"); exit(1); }
    return fd;
}

int main(int argc, char **argv) {
    struct rlimit limit; struct epoll_event events[512]; char command[256];
    if (argc < 4) return 2;
    getrlimit(RLIMIT_NOFILE, &limit); limit.rlim_cur = limit.rlim_max; setrlimit(RLIMIT_NOFILE, &limit);
    int listener = open_socket(atoi(argv[1]), 1), redis = open_socket(atoi(argv[2]), 0);
    int n = snprintf(command, sizeof command, "SUBSCRIBE %s\r\n", argv[3]);
    if (write(redis, command, (size_t)n) != n) return 1;
    poller = epoll_create1(0);
    watch(listener); watch(redis);
    for (;;) {
        n = epoll_wait(poller, events, 512, -1);
        for (int i = 0; i < n; i++) {
            int fd = events[i].data.fd;
            if (fd == listener) accept_all(listener);
            else if (fd == redis) hear(redis);
            else read_phone(fd);
        }
    }
}
