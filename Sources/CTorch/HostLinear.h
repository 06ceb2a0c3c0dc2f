// A linear layer on the host, where libtorch's own is slow.
#pragma once

#include <ATen/core/Tensor.h>

#include <optional>

namespace ctorch {

/// Whether `host_linear` takes these: float32 on the CPU, in row-major order, and of a size at which it is the faster.
bool fits_host_linear(const at::Tensor &input, const at::Tensor &weight, const std::optional<at::Tensor> &bias);

/// `input × weightᵀ + bias`. The result for one row does not depend on how many rows there are.
at::Tensor host_linear(const at::Tensor &input, const at::Tensor &weight, const std::optional<at::Tensor> &bias);

}  // namespace ctorch
