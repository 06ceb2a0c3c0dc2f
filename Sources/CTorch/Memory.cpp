// Host memory that is kept between operations.
//
// libtorch takes each tensor's memory from malloc, and malloc hands large blocks back to the kernel as soon as they are freed.
// A wave decoder makes and drops tensors of tens of megabytes hundreds of times a second; without this it spends a quarter of
// its time in page faults.
#include <c10/core/Allocator.h>
#include <c10/core/CPUAllocator.h>
#include <c10/core/CachingDeviceAllocator.h>
#include <c10/core/impl/alloc_cpu.h>

#include <malloc.h>

#include <bit>
#include <cstddef>
#include <cstdlib>
#include <mutex>
#include <tuple>
#include <utility>
#include <vector>

#include "Guard.h"

namespace {

/// Smaller blocks are malloc's own business.
constexpr size_t least_kept = 256 << 10;
/// Room for the block's size before its data; as large as the alignment that libtorch promises.
constexpr size_t header_size = 64;
constexpr size_t most_blocks = 64;

/// Sizes are rounded up to an eighth of a power of two, so that inputs of nearly the same length share blocks.
size_t rounded(size_t size) {
    if (size < least_kept) return size;
    const size_t step = std::bit_floor(size) / 8;
    return (size + step - 1) / step * step;
}

class KeepingAllocator final : public c10::Allocator {
public:
    c10::DataPtr allocate(size_t size) override {
        void *data = take(size);
        return {data, data, &give_back, c10::Device(c10::DeviceType::CPU)};
    }

    c10::DeleterFnPtr raw_deleter() const override { return &give_back; }

    void copy_data(void *destination, const void *source, size_t count) const override {
        default_copy_data(destination, source, count);
    }

    void set_limit(size_t bytes) {
        std::vector<void *> dropped;
        {
            std::lock_guard<std::mutex> lock(mutex);
            limit = bytes;
            drop_until(limit, dropped);
        }
        for (void *block : dropped) c10::free_cpu(block);
    }

    /// Never destroyed: tensors may outlive static objects.
    static KeepingAllocator &shared() {
        static auto *const allocator = new KeepingAllocator();
        return *allocator;
    }

    void drop_all() {
        std::vector<void *> dropped;
        {
            std::lock_guard<std::mutex> lock(mutex);
            drop_until(0, dropped);
        }
        for (void *block : dropped) c10::free_cpu(block);
    }

private:
    /// A free block, its size without the header.
    struct Block {
        void *base;
        size_t size;
    };

    std::mutex mutex;
    /// Oldest first.
    std::vector<Block> blocks;
    size_t kept = 0;
    size_t limit = 0;

    KeepingAllocator() { blocks.reserve(most_blocks + 1); }

    static size_t &size_of(void *base) { return *static_cast<size_t *>(base); }

    void *take(size_t wanted) {
        if (wanted == 0) return nullptr;
        TORCH_CHECK(wanted < (size_t(1) << 48), "can't allocate memory: you tried to allocate ", wanted, " bytes");
        const size_t size = rounded(wanted);
        void *base = size < least_kept ? nullptr : reuse(size);
        if (base == nullptr) base = c10::alloc_cpu(size + header_size);
        size_of(base) = size;
        return static_cast<std::byte *>(base) + header_size;
    }

    void *reuse(size_t size) {
        std::lock_guard<std::mutex> lock(mutex);
        // The newest block is the likeliest to be in the processor's cache still.
        for (size_t i = blocks.size(); i-- > 0;) {
            if (blocks[i].size != size) continue;
            void *base = blocks[i].base;
            blocks.erase(blocks.begin() + static_cast<std::ptrdiff_t>(i));
            kept -= size;
            return base;
        }
        return nullptr;
    }

    static void give_back(void *data) {
        if (data == nullptr) return;
        shared().keep(static_cast<std::byte *>(data) - header_size);
    }

    void keep(void *base) {
        const size_t size = size_of(base);
        std::vector<void *> dropped;
        {
            std::lock_guard<std::mutex> lock(mutex);
            if (size < least_kept || size > limit) {
                dropped.push_back(base);
            } else {
                blocks.push_back({base, size});
                kept += size;
                drop_until(limit, dropped);
            }
        }
        for (void *block : dropped) c10::free_cpu(block);
    }

    void drop_until(size_t bytes, std::vector<void *> &dropped) {
        while (kept > bytes || blocks.size() > most_blocks) {
            dropped.push_back(blocks.front().base);
            kept -= blocks.front().size;
            blocks.erase(blocks.begin());
        }
    }
};

/// Installed before `main`, while no operation can be under way: oneDNN allocates and frees its buffers through whichever
/// allocator is current at that moment, so one that changed in between would be handed another's memory. Until a limit is set,
/// nothing is kept.
const bool installed = [] {
    // Large blocks come from the kernel and go back to it, at a fixed size: by itself glibc raises that size to 32 MiB, and the
    // heap is left full of holes. What is needed again and again is kept above.
    mallopt(M_MMAP_THRESHOLD, 1 << 20);
    mallopt(M_ARENA_MAX, 4);
    // oneDNN compiles a kernel for each shape that it meets and keeps 1024 of them, up to a megabyte each. Convolutions along
    // time are our own; of what is left, so many are met again soon. What the environment says goes first.
    setenv("ONEDNN_PRIMITIVE_CACHE_CAPACITY", "64", 0);
    c10::SetCPUAllocator(&KeepingAllocator::shared(), 1);
    return true;
}();

}  // namespace

extern "C" void ct_release_memory(ct_device device, ct_status *status) {
    ctorch::act(status, "release_memory", {}, [&] {
        KeepingAllocator::shared().drop_all();
        if (device.type != 0) at::getDeviceAllocator(ctorch::device_of(device).type())->emptyCache();
    });
}

extern "C" bool ct_device_memory(ct_device device, size_t *free_bytes, size_t *total_bytes, ct_status *status) {
    return ctorch::act(status, "device_memory", {}, [&] {
        TORCH_CHECK(device.type != 0, "only a device's own memory can be asked for");
        const auto where = ctorch::device_of(device);
        // Older versions of libtorch have no such question; the answer is 0 there, which means unknown.
        const auto ask = [&](auto *allocator) -> std::pair<size_t, size_t> {
            if constexpr (requires { allocator->getMemoryInfo(where.index()); }) {
                return allocator->getMemoryInfo(where.index());
            } else {
                return {0, 0};
            }
        };
        std::tie(*free_bytes, *total_bytes) = ask(at::getDeviceAllocator(where.type()));
    });
}

extern "C" void ct_trim_host_memory(void) { malloc_trim(0); }

extern "C" void ct_keep_host_memory(size_t byte_limit, ct_status *status) {
    ctorch::act(status, "keep_host_memory", {}, [&] {
        TORCH_CHECK(installed && c10::GetCPUAllocator() == &KeepingAllocator::shared(),
                    "another allocator for host memory was installed");
        KeepingAllocator::shared().set_limit(byte_limit);
    });
}
