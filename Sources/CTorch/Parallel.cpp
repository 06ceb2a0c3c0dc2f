#include "Parallel.h"

#include <ATen/Parallel.h>
#include <dlfcn.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>

#include <atomic>
#include <mutex>
#include <system_error>
#include <thread>

namespace ctorch {

// There are two ways to share a loop, because two sets of threads that wait by spinning must not compete for the cores.
//
// The usual one is libtorch's own team, which libtorch's operations have spinning anyway. Its loops are OpenMP pragmas
// in headers, and the compiler of this file has another OpenMP runtime, so the entry point of the one that libtorch has
// loaded (libgomp, or libomp, which has the same one) is looked up by name.
//
// A team must arrive in full at the end of each loop. A decoder step has about a hundred loops of 20 to 200 µs; on a
// machine with other work each of them then waits for the next time slice of its slowest thread, and a step takes a
// second. While the team rests, helpers take its place, which only ever add speed: the caller takes pieces until none
// are left, and waits for no helper but one that is in the middle of a piece.
namespace {

inline void relax() {
#if defined(__x86_64__)
    __builtin_ia32_pause();
#elif defined(__aarch64__)
    asm volatile("yield");
#endif
}

class Helpers {
public:
    void run(int64_t pieces, int64_t threads, void (*body)(void *, int64_t), void *context) {
        // Helpers serve one loop at a time; another thread's loop meanwhile runs alone.
        std::unique_lock<std::mutex> lock(owner_, std::try_to_lock);
        if (!lock.owns_lock() || threads < 2 || pieces < 2) {
            for (int64_t piece = 0; piece < pieces; piece++) body(context, piece);
            return;
        }
        hire(threads - 1);
        // No helper is inside, so nobody reads these while they change.
        body_ = body;
        context_ = context;
        pieces_ = pieces;
        wanted_ = threads - 1;
        next_.store(0, std::memory_order_relaxed);
        open_.store(true);
        round_.fetch_add(1);
        round_.notify_all();
        work();
        open_.store(false);
        for (int spins = 0; inside_.load() != 0; spins++) {
            if (spins < 4096) relax();
            else sched_yield();
        }
    }

private:
    void work() {
        for (;;) {
            const int64_t piece = next_.fetch_add(1, std::memory_order_relaxed);
            if (piece >= pieces_) return;
            body_(context_, piece);
        }
    }

    void hire(int64_t count) {
        while (hired_ < count) {
            try {
                // Helpers live as long as the process: asleep they cost nothing.
                std::thread([this, number = hired_] { serve(number); }).detach();
            } catch (const std::system_error &) {
                return;  // The system gives no more threads: fewer help.
            }
            hired_++;
        }
    }

    void serve(int64_t number) {
        sigset_t all;
        sigfillset(&all);
        pthread_sigmask(SIG_BLOCK, &all, nullptr);
#if defined(__linux__)
        pthread_setname_np(pthread_self(), "ctorch-helper");
#endif
        uint32_t seen = 0;
        for (;;) {
            // The next loop of a decoder step follows within microseconds; after that the step is over.
            int spins = 0;
            while (round_.load(std::memory_order_relaxed) == seen && spins++ < 2000) relax();
            round_.wait(seen);
            seen = round_.load();
            // Announced before looking: the owner closes the loop first and then waits for whoever is announced, so a
            // helper either sees it closed or is waited for.
            inside_.fetch_add(1);
            if (open_.load() && number < wanted_) work();
            inside_.fetch_sub(1);
        }
    }

    std::mutex owner_;
    int64_t hired_ = 0;
    void (*body_)(void *, int64_t) = nullptr;
    void *context_ = nullptr;
    int64_t pieces_ = 0, wanted_ = 0;
    alignas(64) std::atomic<int64_t> next_{0};
    alignas(64) std::atomic<uint32_t> round_{0};
    std::atomic<bool> open_{false};
    alignas(64) std::atomic<int32_t> inside_{0};
};

Helpers &helpers() {
    static Helpers *const shared = new Helpers;  // never destroyed: helpers use it until the process ends
    return *shared;
}

struct Team {
    void (*parallel)(void (*)(void *), void *, unsigned, unsigned) =
        reinterpret_cast<decltype(parallel)>(dlsym(RTLD_DEFAULT, "GOMP_parallel"));

    void run(int64_t pieces, void (*body)(void *, int64_t), void *context) const {
        struct Loop {
            void (*body)(void *, int64_t);
            void *context;
            int64_t pieces;
            std::atomic<int64_t> next{0};

            void work() {
                for (int64_t piece = next++; piece < pieces; piece = next++) body(context, piece);
            }
        } loop{body, context, pieces};
        if (parallel == nullptr) return loop.work();
        // 0 threads means as many as the calling thread was told to use, as libtorch's loops do.
        parallel([](void *raw) { static_cast<Loop *>(raw)->work(); }, &loop, 0, 0);
    }
};

thread_local int rests = 0;
thread_local int threads_before = 1;

}  // namespace

void rest_team() {
    if (rests++ > 0) return;
    threads_before = at::get_num_threads();
    if (threads_before > 1) at::set_num_threads(1);
}

void resume_team() {
    if (rests == 0 || --rests > 0) return;
    if (threads_before > 1) at::set_num_threads(threads_before);
}

int64_t thread_limit() { return rests > 0 ? threads_before : at::get_num_threads(); }

void run_pieces(int64_t pieces, int64_t threads, void (*body)(void *, int64_t), void *context) {
    static const Team team;
    if (rests > 0) helpers().run(pieces, threads, body, context);
    else team.run(pieces, body, context);
}

}  // namespace ctorch
