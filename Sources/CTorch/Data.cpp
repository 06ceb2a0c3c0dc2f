// Life of tensors: creation, copies between host and device, what they are.
#include <ATen/ops/arange.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/from_blob.h>
#include <ATen/ops/full.h>
#include <ATen/ops/hann_window.h>

#include <cstring>

#include "Guard.h"

using namespace ctorch;

static at::TensorOptions options(ct_dtype dtype, ct_device device) {
    return at::TensorOptions().dtype(scalar_type(dtype)).device(device_of(device));
}

extern "C" {

void ct_tensor_free(ct_tensor tensor) {
    try {
        delete reinterpret_cast<at::Tensor *>(tensor);
    } catch (...) {
        // A failing CUDA free has no one to be told; the next op on that device reports the fault.
    }
}

ct_tensor ct_from_bytes(const void *data, size_t byte_count, const int64_t *sizes, const int64_t *strides, int32_t rank,
                        ct_dtype storage_dtype, ct_dtype dtype, ct_device device, ct_status *status) {
    return make(status, "from_bytes", {}, [&] {
        const auto shape = list(sizes, rank);
        const auto type = scalar_type(storage_dtype);
        int64_t count = 1, last = 0;
        for (int32_t i = 0; i < rank; i++) {
            count *= sizes[i];
            if (strides != nullptr) last += (sizes[i] - 1) * strides[i];
        }
        const int64_t needed = count == 0 ? 0 : (strides != nullptr ? last + 1 : count);
        TORCH_CHECK(needed >= 0 && static_cast<size_t>(needed) * c10::elementSize(type) <= byte_count,
                    "shape ", shape, " needs ", needed, " elements, the data holds ", byte_count, " bytes");
        if (count == 0) return at::empty(shape, options(dtype, device));
        // from_blob only views the caller's memory, which may be unaligned or go away: every path below copies.
        auto view = strides != nullptr ? at::from_blob(const_cast<void *>(data), shape, list(strides, rank), type)
                                       : at::from_blob(const_cast<void *>(data), shape, type);
        auto result = at::empty(shape, options(dtype, device));
        result.copy_(view);
        return result;
    });
}

bool ct_copy_to_host(ct_tensor tensor, void *destination, size_t byte_count, ct_status *status) {
    return act(status, "copy_to_host", {tensor}, [&] {
        const auto source = borrow(tensor).to(at::kCPU).contiguous();
        TORCH_CHECK(source.nbytes() == byte_count, "size mismatch: the tensor holds ", source.nbytes(),
                    " bytes, the destination ", byte_count);
        if (byte_count > 0) std::memcpy(destination, source.const_data_ptr(), byte_count);
    });
}

double ct_item(ct_tensor tensor, ct_status *status) {
    return guarded<double>(status, "item", {tensor}, 0, [&] { return borrow(tensor).item().toDouble(); });
}

ct_tensor ct_empty(const int64_t *sizes, int32_t rank, ct_dtype dtype, ct_device device, ct_status *status) {
    return make(status, "empty", {}, [&] { return at::empty(list(sizes, rank), options(dtype, device)); });
}

ct_tensor ct_full(const int64_t *sizes, int32_t rank, double value, ct_dtype dtype, ct_device device, ct_status *status) {
    return make(status, "full", {}, [&] { return at::full(list(sizes, rank), value, options(dtype, device)); });
}

ct_tensor ct_arange(double start, double end, double step, ct_dtype dtype, ct_device device, ct_status *status) {
    return make(status, "arange", {}, [&] {
        // Integer bounds stay integers, so that the element type alone decides how they are computed.
        if (c10::isIntegralType(scalar_type(dtype), false))
            return at::arange(static_cast<int64_t>(start), static_cast<int64_t>(end), static_cast<int64_t>(step),
                              options(dtype, device));
        return at::arange(start, end, step, options(dtype, device));
    });
}

ct_tensor ct_hann_window(int64_t length, bool periodic, ct_dtype dtype, ct_device device, ct_status *status) {
    return make(status, "hann_window", {}, [&] { return at::hann_window(length, periodic, options(dtype, device)); });
}

ct_tensor ct_to(ct_tensor tensor, ct_dtype dtype, ct_device device, ct_status *status) {
    return make(status, "to", {tensor}, [&] { return borrow(tensor).to(device_of(device), scalar_type(dtype)); });
}

ct_tensor ct_clone(ct_tensor tensor, ct_status *status) {
    return make(status, "clone", {tensor}, [&] { return borrow(tensor).clone(); });
}

ct_tensor ct_contiguous(ct_tensor tensor, ct_status *status) {
    return make(status, "contiguous", {tensor}, [&] { return borrow(tensor).contiguous(); });
}

int32_t ct_rank(ct_tensor tensor) { return static_cast<int32_t>(borrow(tensor).dim()); }

int64_t ct_size(ct_tensor tensor, int32_t dimension) {
    const auto sizes = borrow(tensor).sizes();
    const auto rank = static_cast<int32_t>(sizes.size());
    const auto index = dimension < 0 ? dimension + rank : dimension;
    return index >= 0 && index < rank ? sizes[static_cast<size_t>(index)] : 0;
}

int64_t ct_count(ct_tensor tensor) { return borrow(tensor).numel(); }

ct_dtype ct_tensor_dtype(ct_tensor tensor) { return dtype_of(borrow(tensor).scalar_type()); }

ct_device ct_tensor_device(ct_tensor tensor) {
    const auto device = borrow(tensor).device();
    return {device.is_cuda() ? 1 : 0, device.has_index() ? static_cast<int32_t>(device.index()) : -1};
}

void *ct_host_data(ct_tensor tensor) {
    try {
        const at::Tensor &value = borrow(tensor);
        if (!value.device().is_cpu() || !value.is_contiguous()) return nullptr;
        return value.data_ptr();
    } catch (...) {
        return nullptr;
    }
}

}  // extern "C"
