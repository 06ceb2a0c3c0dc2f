// A convolution along time on the host, where libtorch's compiles a kernel for every length that it meets.
#pragma once

#include <ATen/core/Tensor.h>

#include <optional>

namespace ctorch {

/// The weight `[out, in / groups, kernel]` in the order in which `host_convolution` reads it; float32, one dimension.
at::Tensor packed_convolution(const at::Tensor &weight, int64_t groups);

struct ConvolutionSizes {
    /// Channels that come out, of all groups together.
    int64_t out;
    int64_t kernel, padding, dilation, groups;
};

/// `input` `[batch, time, in]`, float32 on the CPU → `[batch, time + 2 × padding − dilation × (kernel − 1), out]`. What lies
/// beyond the ends of the input counts as 0. A frame of the output does not depend on how many there are, bit for bit.
at::Tensor host_convolution(const at::Tensor &input, const at::Tensor &packed, const std::optional<at::Tensor> &bias,
                            const ConvolutionSizes &sizes);

}  // namespace ctorch
