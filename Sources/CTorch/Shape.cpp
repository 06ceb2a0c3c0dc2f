// Views, joins and indexing.
#include <ATen/ops/cat.h>
#include <ATen/ops/flip.h>
#include <ATen/ops/index_select.h>
#include <ATen/ops/pad.h>
#include <ATen/ops/repeat_interleave.h>
#include <ATen/ops/stack.h>

#include "Guard.h"

using namespace ctorch;

static std::vector<at::Tensor> collect(const ct_tensor *tensors, int32_t count) {
    std::vector<at::Tensor> result;
    result.reserve(static_cast<size_t>(count));
    for (int32_t i = 0; i < count; i++) result.push_back(borrow(tensors[i]));
    return result;
}

extern "C" {

ct_tensor ct_reshape(ct_tensor a, const int64_t *sizes, int32_t rank, ct_status *status) {
    return make(status, "reshape", {a}, [&] { return borrow(a).reshape(list(sizes, rank)); });
}

ct_tensor ct_permute(ct_tensor a, const int64_t *dims, int32_t rank, ct_status *status) {
    return make(status, "permute", {a}, [&] { return borrow(a).permute(list(dims, rank)); });
}

ct_tensor ct_transpose(ct_tensor a, int64_t first, int64_t second, ct_status *status) {
    return make(status, "transpose", {a}, [&] { return borrow(a).transpose(first, second); });
}

ct_tensor ct_unsqueeze(ct_tensor a, int64_t dim, ct_status *status) {
    return make(status, "unsqueeze", {a}, [&] { return borrow(a).unsqueeze(dim); });
}

ct_tensor ct_squeeze(ct_tensor a, int64_t dim, ct_status *status) {
    return make(status, "squeeze", {a}, [&] { return borrow(a).squeeze(dim); });
}

ct_tensor ct_slice(ct_tensor a, int64_t dim, int64_t start, int64_t end, int64_t step, ct_status *status) {
    return make(status, "slice", {a}, [&] { return borrow(a).slice(dim, start, end, step); });
}

ct_tensor ct_expand(ct_tensor a, const int64_t *sizes, int32_t rank, ct_status *status) {
    return make(status, "expand", {a}, [&] { return borrow(a).expand(list(sizes, rank)); });
}

ct_tensor ct_repeat(ct_tensor a, const int64_t *repeats, int32_t rank, ct_status *status) {
    return make(status, "repeat", {a}, [&] { return borrow(a).repeat(list(repeats, rank)); });
}

ct_tensor ct_repeat_interleave(ct_tensor a, ct_tensor repeats, int64_t dim, ct_status *status) {
    return make(status, "repeat_interleave", {a, repeats},
                [&] { return at::repeat_interleave(borrow(a), borrow(repeats), dim); });
}

ct_tensor ct_flip(ct_tensor a, int64_t dim, ct_status *status) {
    return make(status, "flip", {a}, [&] { return at::flip(borrow(a), {dim}); });
}

ct_tensor ct_concatenate(const ct_tensor *tensors, int32_t count, int64_t dim, ct_status *status) {
    return make(status, "concatenate", {count > 0 ? tensors[0] : nullptr, count > 1 ? tensors[count - 1] : nullptr},
                [&] { return at::cat(collect(tensors, count), dim); });
}

ct_tensor ct_stack(const ct_tensor *tensors, int32_t count, int64_t dim, ct_status *status) {
    return make(status, "stack", {count > 0 ? tensors[0] : nullptr, count > 1 ? tensors[count - 1] : nullptr},
                [&] { return at::stack(collect(tensors, count), dim); });
}

ct_tensor ct_pad(ct_tensor a, const int64_t *padding, int32_t count, const char *mode, double value, ct_status *status) {
    return make(status, "pad", {a}, [&] {
        const bool constant = std::string(mode) == "constant";
        return at::pad(borrow(a), list(padding, count), mode, constant ? std::optional<double>(value) : std::nullopt);
    });
}

ct_tensor ct_index_select(ct_tensor a, int64_t dim, ct_tensor index, ct_status *status) {
    return make(status, "index_select", {a, index}, [&] { return at::index_select(borrow(a), dim, borrow(index)); });
}

}  // extern "C"
