// The library itself: version, threads, devices, random generators.
#include <ATen/CPUGeneratorImpl.h>
#include <ATen/Context.h>
#include <ATen/Parallel.h>
#include <ATen/detail/CUDAHooksInterface.h>
#include <torch/headeronly/version.h>

#include <pthread.h>

#include <mutex>

#include "Guard.h"
#include "Parallel.h"

// Declared in torch's AOTInductor shim, whose header brings in far more than this one function.
extern "C" uint64_t aoti_torch_abi_version();

using namespace ctorch;

extern "C" {

const char *ct_built_version(void) { return TORCH_VERSION; }

uint64_t ct_built_abi_version(void) { return TORCH_ABI_VERSION; }

uint64_t ct_loaded_abi_version(void) { return aoti_torch_abi_version(); }

int32_t ct_cuda_device_count(void) {
    try {
        return at::hasCUDA() ? static_cast<int32_t>(at::detail::getCUDAHooks().deviceCount()) : 0;
    } catch (...) {
        return 0;
    }
}

void ct_set_thread_count(int32_t count, ct_status *status) {
    act(status, "set_thread_count", {}, [&] { at::set_num_threads(count); });
}

int32_t ct_thread_count(void) {
    try {
        return at::get_num_threads();
    } catch (...) {
        return 1;
    }
}

void ct_rest_team(void) { rest_team(); }

void ct_resume_team(void) { resume_team(); }

void ct_name_thread(const char *name) { pthread_setname_np(pthread_self(), name); }

void ct_set_tf32(bool allowed, ct_status *status) {
    act(status, "set_tf32", {}, [&] {
        at::globalContext().setAllowTF32CuBLAS(allowed);
        at::globalContext().setAllowTF32CuDNN(allowed);
    });
}

ct_generator ct_generator_create(uint64_t seed, ct_device device, ct_status *status) {
    return guarded<ct_generator>(status, "generator", {}, nullptr, [&]() -> ct_generator {
        at::Generator generator;
        if (device.type == 0) {
            generator = at::detail::createCPUGenerator(seed);
        } else {
            const auto where = device_of(device);
            generator = at::globalContext().getAcceleratorHooksInterface(where.type()).getNewGenerator(where.index());
            generator.set_current_seed(seed);
        }
        return reinterpret_cast<ct_generator>(new at::Generator(std::move(generator)));
    });
}

void ct_generator_free(ct_generator generator) { delete reinterpret_cast<at::Generator *>(generator); }

bool ct_generator_seed(ct_generator generator, uint64_t seed, ct_status *status) {
    return act(status, "generator.seed", {}, [&] {
        auto &target = *reinterpret_cast<at::Generator *>(generator);
        std::lock_guard<std::mutex> lock(target.mutex());
        target.set_current_seed(seed);
    });
}

}  // extern "C"
