// Loops of our own kernels, shared among threads.
#pragma once

#include <cstdint>

namespace ctorch {

/// Keeps libtorch's thread team out of the calling thread's operations until the matching `resume_team`: our own loops
/// use helpers instead, libtorch's run on the calling thread. Calls nest.
void rest_team();
void resume_team();

/// Threads that a loop of the calling thread may use: libtorch's setting.
int64_t thread_limit();

/// Calls `body(context, piece)` for every piece in `0..<pieces`, on up to `threads` threads, the caller's among them.
/// Returns when all are done. `body` must not throw.
void run_pieces(int64_t pieces, int64_t threads, void (*body)(void *context, int64_t piece), void *context);

/// Calls `body(first, last)` for disjoint ranges that cover `0..<count`, in parallel where there are at least `grain`
/// elements a thread. Ranges begin at multiples of `step`. `body` must not throw.
template <typename Body>
void parallel_ranges(int64_t count, int64_t step, int64_t grain, const Body &body) {
    const int64_t threads = count < 2 * grain ? 1 : thread_limit();
    if (threads < 2) {
        body(int64_t(0), count);
        return;
    }
    // More pieces than threads: a thread that the system has put aside holds up one piece, not its whole share.
    const int64_t steps = (count + step - 1) / step;
    const int64_t pieces = steps < 4 * threads ? steps : 4 * threads;
    struct Context {
        const Body *body;
        int64_t count, step, steps, pieces;
    } context{&body, count, step, steps, pieces};
    run_pieces(
        pieces, threads,
        [](void *raw, int64_t piece) {
            const auto &context = *static_cast<const Context *>(raw);
            const int64_t first = context.steps * piece / context.pieces * context.step;
            const int64_t last = context.steps * (piece + 1) / context.pieces * context.step;
            (*context.body)(first, last < context.count ? last : context.count);
        },
        &context);
}

}  // namespace ctorch
