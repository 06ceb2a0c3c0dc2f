// Attention over whole sequences on the host, where libtorch's own is slow.
#pragma once

#include <ATen/core/Tensor.h>

namespace ctorch {

/// Whether `host_attention` takes these: float32 on the CPU, [batch, heads, frames, 64] with the last dimension contiguous, and of
/// a size and on a processor at which it is the faster.
bool fits_host_attention(const at::Tensor &query, const at::Tensor &key, const at::Tensor &value);

/// softmax(query · keyᵀ × scale) · value, a view of [batch, queries, heads, 64].
at::Tensor host_attention(const at::Tensor &query, const at::Tensor &key, const at::Tensor &value, double scale);

}  // namespace ctorch
