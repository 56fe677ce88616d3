/* SPDX-License-Identifier: Apache-2.0 */
/* How blocks and threads take turns. Included after ``struct thread`` and ``resume``. */

static int release_warp(struct block *B, struct thread *T, uint32_t n, uint32_t first) {
    /* Lets go those threads of a warp whose partners have all arrived. */
    uint32_t waiting = 0, alive = 0, stop = first + 32 < n ? first + 32 : n;
    int released = 0;
    for (uint32_t i = first; i < stop; i++) {
        if (T[i].state != FINISHED) alive |= 1u << (i - first);
        if (T[i].state == AT_WARP) waiting |= 1u << (i - first);
    }
    for (uint32_t i = first; i < stop; i++) {
        if (T[i].state != AT_WARP || (T[i].mask & alive & ~waiting)) continue;
        B->seen[i] = T[i].posted;
        T[i].state = READY;
        released = 1;
    }
    return released;
}

static void run_block(struct block *B, struct thread *T, uint32_t n, int backwards) {
    uint32_t left = n;
    while (left) {
        uint32_t at_barrier = 0;
        int moved = 0;
        for (uint32_t k = 0; k < n; k++) {
            struct thread *t = &T[backwards ? n - 1 - k : k];
            if (t->state != READY) continue;
            t->state = resume(B, t);
            moved = 1;
            left -= t->state == FINISHED;
        }
        for (uint32_t first = 0; first < n; first += 32) moved |= release_warp(B, T, n, first);
        for (uint32_t i = 0; i < n; i++) at_barrier += T[i].state == AT_BARRIER;
        if (left && at_barrier == left)
            for (uint32_t i = 0; i < n; i++) T[i].state = T[i].state == AT_BARRIER ? READY : FINISHED;
        else if (!moved)
            fault(B, DEADLOCK, 0, 0);
    }
}

static int run_grid(
    struct block *B, struct thread *T, const uint32_t *grid, const uint32_t *threads,
    int backwards) {
    /* A function of its own: what it changes before a fault must not be a variable of its own. */
    const int what = setjmp(B->escape);
    if (what) return what;
    const uint32_t n = threads[0] * threads[1] * threads[2];
    const uint32_t blocks = grid[0] * grid[1] * grid[2];
    for (uint32_t b = 0; b < blocks; b++) {
        const uint32_t at = backwards ? blocks - 1 - b : b;
        memcpy(B->ntid, threads, sizeof B->ntid);
        memcpy(B->nctaid, grid, sizeof B->nctaid);
        B->ctaid[0] = at % grid[0];
        B->ctaid[1] = at / grid[0] % grid[1];
        B->ctaid[2] = at / grid[0] / grid[1];
        memset(T, 0xA5, n * sizeof *T);
        memset(B->shared, 0xA5, SHARED_BYTES);
        for (uint32_t i = 0; i < n; i++) {
            T[i].state = READY;
            T[i].pc = 0;
            T[i].number = i;
            T[i].tid[0] = i % threads[0];
            T[i].tid[1] = i / threads[0] % threads[1];
            T[i].tid[2] = i / threads[0] / threads[1];
        }
        run_block(B, T, n, backwards);
    }
    return OK;
}

int launch(
    const uint32_t *grid, const uint32_t *threads, const uint8_t *param, const uint64_t *ranges,
    int n_ranges, int backwards, uint64_t *report) {
    const uint32_t n = threads[0] * threads[1] * threads[2];
    struct block B = {.param = param, .ranges = ranges, .n_ranges = n_ranges};
    struct thread *T = malloc(n * sizeof *T);
    B.shared_bytes = SHARED_BYTES;
    B.shared = aligned_alloc(16, (SHARED_BYTES + 31) / 16 * 16);
    /* Whole warps: a lane may take from one that is not there. */
    B.seen = calloc((n + 31) / 32 * 32, sizeof *B.seen);
    const int ready = T && B.shared && B.seen;
    const int what = ready ? run_grid(&B, T, grid, threads, backwards) : NO_MEMORY;
    report[0] = B.line;
    report[1] = B.address;
    free(T);
    free(B.shared);
    free(B.seen);
    return what;
}
