// What networks are made of, and random draws.
#include <ATen/ops/conv1d.h>
#include <ATen/ops/conv2d.h>
#include <ATen/ops/embedding.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/exponential.h>
#include <ATen/ops/group_norm.h>
#include <ATen/ops/istft.h>
#include <ATen/ops/layer_norm.h>
#include <ATen/ops/linear.h>
#include <ATen/ops/matmul.h>
#include <ATen/ops/randn.h>
#include <ATen/ops/scaled_dot_product_attention.h>
#include <ATen/ops/stft.h>
#include <ATen/ops/upsample_linear1d.h>
#include <ATen/ops/upsample_nearest1d.h>
#include <ATen/ops/view_as_complex.h>
#include <ATen/ops/view_as_real.h>

#include "Guard.h"
#include "HostAttention.h"
#include "HostConvolution.h"
#include "HostLinear.h"

using namespace ctorch;

extern "C" {

ct_tensor ct_matmul(ct_tensor a, ct_tensor b, ct_status *status) {
    return make(status, "matmul", {a, b}, [&] { return at::matmul(borrow(a), borrow(b)); });
}

ct_tensor ct_linear(ct_tensor a, ct_tensor weight, ct_tensor bias, ct_status *status) {
    return make(status, "linear", {a, weight, bias}, [&] {
        const auto offset = borrow_optional(bias);
        return fits_host_linear(borrow(a), borrow(weight), offset) ? host_linear(borrow(a), borrow(weight), offset)
                                                                : at::linear(borrow(a), borrow(weight), offset);
    });
}

ct_tensor ct_embedding(ct_tensor weight, ct_tensor indices, ct_status *status) {
    return make(status, "embedding", {weight, indices}, [&] { return at::embedding(borrow(weight), borrow(indices)); });
}

ct_tensor ct_conv1d(ct_tensor a, ct_tensor weight, ct_tensor bias, int64_t stride, int64_t padding, int64_t dilation,
                    int64_t groups, ct_status *status) {
    return make(status, "conv1d", {a, weight, bias}, [&] {
        return at::conv1d(borrow(a), borrow(weight), borrow_optional(bias), at::IntArrayRef(stride),
                          at::IntArrayRef(padding), at::IntArrayRef(dilation), groups);
    });
}

ct_tensor ct_conv2d(ct_tensor a, ct_tensor weight, ct_tensor bias, const int64_t stride[2], const int64_t padding[2],
                    const int64_t dilation[2], int64_t groups, ct_status *status) {
    return make(status, "conv2d", {a, weight, bias}, [&] {
        return at::conv2d(borrow(a), borrow(weight), borrow_optional(bias), list(stride, 2), list(padding, 2),
                          list(dilation, 2), groups);
    });
}

ct_tensor ct_packed_convolution(ct_tensor weight, int64_t groups, ct_status *status) {
    return make(status, "packed_convolution", {weight}, [&] { return packed_convolution(borrow(weight), groups); });
}

ct_tensor ct_host_convolution(ct_tensor a, ct_tensor packed, ct_tensor bias, int64_t out, int64_t kernel, int64_t padding,
                              int64_t dilation, int64_t groups, ct_status *status) {
    return make(status, "host_convolution", {a, packed, bias}, [&] {
        return host_convolution(borrow(a), borrow(packed), borrow_optional(bias),
                                {out, kernel, padding, dilation, groups});
    });
}

ct_tensor ct_layer_norm(ct_tensor a, const int64_t *shape, int32_t rank, ct_tensor weight, ct_tensor bias, double eps,
                        ct_status *status) {
    return make(status, "layer_norm", {a, weight, bias}, [&] {
        return at::layer_norm(borrow(a), list(shape, rank), borrow_optional(weight), borrow_optional(bias), eps);
    });
}

ct_tensor ct_group_norm(ct_tensor a, int64_t groups, ct_tensor weight, ct_tensor bias, double eps, ct_status *status) {
    return make(status, "group_norm", {a, weight, bias}, [&] {
        return at::group_norm(borrow(a), groups, borrow_optional(weight), borrow_optional(bias), eps);
    });
}

ct_tensor ct_attention(ct_tensor query, ct_tensor key, ct_tensor value, ct_tensor mask, bool causal, double scale,
                       ct_status *status) {
    return make(status, "scaled_dot_product_attention", {query, key, value, mask}, [&]() -> at::Tensor {
        if (mask == nullptr && !causal && fits_host_attention(borrow(query), borrow(key), borrow(value)))
            return host_attention(borrow(query), borrow(key), borrow(value), scale > 0 ? scale : 0.125);
        return at::scaled_dot_product_attention(borrow(query), borrow(key), borrow(value), borrow_optional(mask), 0.0, causal,
                                                scale > 0 ? std::optional<double>(scale) : std::nullopt);
    });
}

ct_tensor ct_interpolate1d(ct_tensor a, int64_t length, double scale, const char *mode, ct_status *status) {
    return make(status, "interpolate", {a}, [&] {
        const std::optional<double> factor = scale > 0 ? std::optional<double>(scale) : std::nullopt;
        if (std::string(mode) == "linear") return at::upsample_linear1d(borrow(a), {length}, false, factor);
        TORCH_CHECK(std::string(mode) == "nearest", "mode must be \"linear\" or \"nearest\", not \"", mode, "\"");
        return at::upsample_nearest1d(borrow(a), {length}, factor);
    });
}

ct_tensor ct_stft(ct_tensor a, int64_t fft, int64_t hop, int64_t window_length, ct_tensor window, bool center,
                  ct_status *status) {
    return make(status, "stft", {a, window}, [&] {
        return at::view_as_real(at::stft(borrow(a), fft, hop, window_length, borrow_optional(window), center, "reflect",
                                         /*normalized=*/false, /*onesided=*/true, /*return_complex=*/true));
    });
}

ct_tensor ct_istft(ct_tensor a, int64_t fft, int64_t hop, int64_t window_length, ct_tensor window, ct_status *status) {
    return make(status, "istft", {a, window}, [&] {
        return at::istft(at::view_as_complex(borrow(a).contiguous()), fft, hop, window_length, borrow_optional(window),
                         /*center=*/true, /*normalized=*/false, /*onesided=*/true);
    });
}

ct_tensor ct_normal(const int64_t *sizes, int32_t rank, ct_dtype dtype, ct_device device, ct_generator generator,
                    ct_status *status) {
    return make(status, "normal", {}, [&] {
        const auto options = at::TensorOptions().dtype(scalar_type(dtype)).device(device_of(device));
        return at::randn(list(sizes, rank), *reinterpret_cast<at::Generator *>(generator), options);
    });
}

ct_tensor ct_exponential(const int64_t *sizes, int32_t rank, ct_dtype dtype, ct_device device, ct_generator generator,
                         ct_status *status) {
    return make(status, "exponential", {}, [&] {
        const auto options = at::TensorOptions().dtype(scalar_type(dtype)).device(device_of(device));
        auto draws = at::empty(list(sizes, rank), options);
        return draws.exponential_(1.0, *reinterpret_cast<at::Generator *>(generator));
    });
}

}  // extern "C"
