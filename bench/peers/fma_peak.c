// The float32 multiply-add peak of this machine, as a yardstick: THREADS threads, each with enough independent
// chains of vector multiply-adds to hide their latency, for SECONDS. Prints GFLOP/s of all threads together.
//     gcc -O3 -march=native -pthread fma_peak.c -o fma_peak && ./fma_peak THREADS SECONDS
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#ifdef __AVX512F__
enum { LANES = 16 };
#else
enum { LANES = 8 };
#endif
enum { CHAINS = 12, ROUNDS = 100000 };
typedef float vector __attribute__((vector_size(LANES * sizeof(float))));

static double seconds;

static double now(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec + 1e-9 * t.tv_nsec;
}

static void *run(void *rate) {
    vector sums[CHAINS] = {0}, a = {0}, b = {0};
    a += 0.5f;
    b += 1.0f;
    __asm__ volatile("" : "+v"(a), "+v"(b));
    double start = now(), elapsed, rounds = 0;
    do {
        for (int i = 0; i < ROUNDS; i++) {
#pragma GCC unroll 12
            for (int c = 0; c < CHAINS; c++) sums[c] = sums[c] * a + b;
        }
        rounds += ROUNDS;
        elapsed = now() - start;
    } while (elapsed < seconds);
    for (int c = 0; c < CHAINS; c++) __asm__ volatile("" ::"v"(sums[c]));
    *(double *)rate = rounds * CHAINS * LANES * 2 / elapsed;
    return NULL;
}

int main(int argc, char **argv) {
    if (argc != 3) return fprintf(stderr, "usage: fma_peak THREADS SECONDS\n"), 2;
    int threads = atoi(argv[1]);
    seconds = atof(argv[2]);
    pthread_t *team = calloc(threads, sizeof *team);
    double *rates = calloc(threads, sizeof *rates), total = 0;
    for (int t = 0; t < threads; t++) pthread_create(&team[t], NULL, run, &rates[t]);
    for (int t = 0; t < threads; t++) pthread_join(team[t], NULL), total += rates[t];
    printf("%.1f\n", total / 1e9);
    return 0;
}
