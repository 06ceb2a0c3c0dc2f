// C ABI over libtorch: the only door between Chorus and C++.
//
// Rules that every function here keeps:
// - No C++ exception leaves: each body runs in one guard that fills a `ct_status` instead (an exception that unwound
//   through Swift frames would skip their `deinit`).
// - A returned `ct_tensor` is owned by the caller, who frees it with `ct_tensor_free`. Arguments are borrowed.
// - On failure the result is NULL (or 0) and `status->kind` is not `CT_OK`; `status->message` is then owned by the caller,
//   who frees it with `ct_status_clear`. `status` must be zeroed before the call.
// - Every body runs in inference mode: nothing here records gradients.
// - Optional tensors may be NULL. Dimensions may be negative, counted from the end.
#ifndef CTORCH_H
#define CTORCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct ct_tensor_s *ct_tensor;
typedef struct ct_generator_s *ct_generator;

/// What went wrong, as far as a caller can act on it.
typedef enum {
    CT_OK = 0,
    CT_OUT_OF_MEMORY = 1,
    CT_SHAPE = 2,
    CT_DEVICE = 3,
    CT_UNAVAILABLE = 4,
    CT_OTHER = 5,
} ct_error_kind;

typedef struct {
    int32_t kind;
    char *message;
} ct_status;

/// Element types, numbered by us so that Swift does not depend on c10's numbers.
typedef enum {
    CT_FLOAT16 = 0,
    CT_BFLOAT16 = 1,
    CT_FLOAT32 = 2,
    CT_FLOAT64 = 3,
    CT_INT8 = 4,
    CT_INT16 = 5,
    CT_INT32 = 6,
    CT_INT64 = 7,
    CT_UINT8 = 8,
    CT_BOOL = 9,
} ct_dtype;

/// `type`: 0 CPU, 1 CUDA. `index`: the card, -1 for the current one or the CPU.
typedef struct {
    int32_t type;
    int32_t index;
} ct_device;

void ct_status_clear(ct_status *status);

// Library
const char *ct_built_version(void);
/// Versions as numbers (major, minor, patch in the three highest bytes): of the headers that this was compiled with, and
/// of the library that is loaded now. Start-up refuses to go on where they differ.
uint64_t ct_built_abi_version(void);
uint64_t ct_loaded_abi_version(void);
int32_t ct_cuda_device_count(void);
void ct_set_thread_count(int32_t count, ct_status *status);
int32_t ct_thread_count(void);
/// Keeps libtorch's thread team out of the calling thread's operations until the matching `ct_resume_team`. Calls nest.
void ct_rest_team(void);
void ct_resume_team(void);
/// Names the calling thread for debuggers and `top -H`; at most 15 bytes.
void ct_name_thread(const char *name);
void ct_set_tf32(bool allowed, ct_status *status);
/// Keeps up to this many bytes of freed CPU tensors' memory for the next ones, instead of handing it to the kernel and back.
void ct_keep_host_memory(size_t byte_limit, ct_status *status);
/// Hands free pages of the heap back to the kernel; what is kept for tensors stays.
void ct_trim_host_memory(void);
/// Hands memory that was kept for tensors to come back to the device and to the kernel.
void ct_release_memory(ct_device device, ct_status *status);
/// Free and total memory of a device that has its own.
bool ct_device_memory(ct_device device, size_t *free_bytes, size_t *total_bytes, ct_status *status);

// Life and data
void ct_tensor_free(ct_tensor tensor);
ct_tensor ct_from_bytes(const void *data, size_t byte_count, const int64_t *sizes, const int64_t *strides, int32_t rank,
                        ct_dtype storage_dtype, ct_dtype dtype, ct_device device, ct_status *status);
bool ct_copy_to_host(ct_tensor tensor, void *destination, size_t byte_count, ct_status *status);
double ct_item(ct_tensor tensor, ct_status *status);
ct_tensor ct_empty(const int64_t *sizes, int32_t rank, ct_dtype dtype, ct_device device, ct_status *status);
ct_tensor ct_full(const int64_t *sizes, int32_t rank, double value, ct_dtype dtype, ct_device device, ct_status *status);
ct_tensor ct_arange(double start, double end, double step, ct_dtype dtype, ct_device device, ct_status *status);
ct_tensor ct_hann_window(int64_t length, bool periodic, ct_dtype dtype, ct_device device, ct_status *status);
ct_tensor ct_to(ct_tensor tensor, ct_dtype dtype, ct_device device, ct_status *status);
ct_tensor ct_clone(ct_tensor tensor, ct_status *status);
ct_tensor ct_contiguous(ct_tensor tensor, ct_status *status);
int32_t ct_rank(ct_tensor tensor);
int64_t ct_size(ct_tensor tensor, int32_t dimension);
int64_t ct_count(ct_tensor tensor);
ct_dtype ct_tensor_dtype(ct_tensor tensor);
ct_device ct_tensor_device(ct_tensor tensor);
/// Address of element 0 of a contiguous CPU tensor, NULL otherwise. Valid while the tensor lives.
void *ct_host_data(ct_tensor tensor);

// Element by element. `ct_unary`, `ct_binary` and `ct_scalar` take one of these.
typedef enum {
    CT_ABS, CT_EXP, CT_LOG, CT_SQRT, CT_SIN, CT_COS, CT_TANH, CT_SIGMOID, CT_NEGATE,
    CT_GELU, CT_GELU_TANH, CT_FLOOR, CT_IS_FINITE, CT_SOFTPLUS, CT_SILU, CT_MISH,
} ct_unary_op;
typedef enum {
    CT_ADD, CT_SUBTRACT, CT_MULTIPLY, CT_DIVIDE, CT_MAXIMUM, CT_MINIMUM, CT_POWER, CT_LESS,
    CT_LESS_EQUAL, CT_GREATER, CT_AND, CT_OR, CT_ATAN2,
} ct_binary_op;
ct_tensor ct_unary(ct_unary_op op, ct_tensor a, ct_status *status);
ct_tensor ct_binary(ct_binary_op op, ct_tensor a, ct_tensor b, ct_status *status);
/// `reversed`: value op tensor.
ct_tensor ct_scalar(ct_binary_op op, ct_tensor a, double value, bool reversed, ct_status *status);
bool ct_add_in_place(ct_tensor a, ct_tensor b, double alpha, ct_status *status);
/// a += b × c, broadcast to a.
bool ct_add_product_in_place(ct_tensor a, ct_tensor b, ct_tensor c, ct_status *status);
bool ct_multiply_in_place(ct_tensor a, ct_tensor b, ct_status *status);
bool ct_scale_in_place(ct_tensor a, double value, ct_status *status);
bool ct_fill_in_place(ct_tensor a, double value, ct_status *status);
bool ct_copy_in_place(ct_tensor destination, ct_tensor source, ct_status *status);
bool ct_relu_in_place(ct_tensor a, ct_status *status);
bool ct_leaky_relu_in_place(ct_tensor a, double slope, ct_status *status);
bool ct_clamp_in_place(ct_tensor a, double low, double high, ct_status *status);
ct_tensor ct_leaky_relu(ct_tensor a, double slope, ct_status *status);
ct_tensor ct_clamp(ct_tensor a, double low, double high, ct_status *status);
ct_tensor ct_where(ct_tensor condition, ct_tensor a, ct_tensor b, ct_status *status);

// Reductions. An empty `dims` means all.
typedef enum { CT_SUM, CT_MEAN, CT_MAX, CT_MIN, CT_ANY, CT_ALL } ct_reduction;
ct_tensor ct_reduce(ct_reduction op, ct_tensor a, const int64_t *dims, int32_t rank, bool keep, ct_status *status);
ct_tensor ct_argmin(ct_tensor a, int64_t dim, bool keep, ct_status *status);
bool ct_topk(ct_tensor a, int64_t k, int64_t dim, ct_tensor *values, ct_tensor *indices, ct_status *status);
bool ct_sort(ct_tensor a, int64_t dim, bool descending, ct_tensor *values, ct_tensor *indices, ct_status *status);
ct_tensor ct_softmax(ct_tensor a, int64_t dim, ct_status *status);
ct_tensor ct_weight_norm(ct_tensor v, ct_tensor g, int64_t dim, ct_status *status);

// Shape
ct_tensor ct_reshape(ct_tensor a, const int64_t *sizes, int32_t rank, ct_status *status);
ct_tensor ct_permute(ct_tensor a, const int64_t *dims, int32_t rank, ct_status *status);
ct_tensor ct_transpose(ct_tensor a, int64_t first, int64_t second, ct_status *status);
ct_tensor ct_unsqueeze(ct_tensor a, int64_t dim, ct_status *status);
ct_tensor ct_squeeze(ct_tensor a, int64_t dim, ct_status *status);
ct_tensor ct_slice(ct_tensor a, int64_t dim, int64_t start, int64_t end, int64_t step, ct_status *status);
ct_tensor ct_expand(ct_tensor a, const int64_t *sizes, int32_t rank, ct_status *status);
ct_tensor ct_repeat(ct_tensor a, const int64_t *repeats, int32_t rank, ct_status *status);
ct_tensor ct_repeat_interleave(ct_tensor a, ct_tensor repeats, int64_t dim, ct_status *status);
ct_tensor ct_flip(ct_tensor a, int64_t dim, ct_status *status);
ct_tensor ct_concatenate(const ct_tensor *tensors, int32_t count, int64_t dim, ct_status *status);
ct_tensor ct_stack(const ct_tensor *tensors, int32_t count, int64_t dim, ct_status *status);
/// `mode`: "constant", "reflect" or "replicate". `padding` counts from the last dimension, two numbers each.
ct_tensor ct_pad(ct_tensor a, const int64_t *padding, int32_t count, const char *mode, double value, ct_status *status);
ct_tensor ct_index_select(ct_tensor a, int64_t dim, ct_tensor index, ct_status *status);

// Networks
ct_tensor ct_matmul(ct_tensor a, ct_tensor b, ct_status *status);
ct_tensor ct_linear(ct_tensor a, ct_tensor weight, ct_tensor bias, ct_status *status);
ct_tensor ct_embedding(ct_tensor weight, ct_tensor indices, ct_status *status);
ct_tensor ct_conv1d(ct_tensor a, ct_tensor weight, ct_tensor bias, int64_t stride, int64_t padding, int64_t dilation,
                    int64_t groups, ct_status *status);
ct_tensor ct_conv2d(ct_tensor a, ct_tensor weight, ct_tensor bias, const int64_t stride[2], const int64_t padding[2],
                    const int64_t dilation[2], int64_t groups, ct_status *status);
/// A convolution along time on the CPU in float32, compiled once for all lengths. `ct_packed_convolution` puts `weight`
/// [out, in / groups, kernel] into the order that `ct_host_convolution` reads: one dimension.
ct_tensor ct_packed_convolution(ct_tensor weight, int64_t groups, ct_status *status);
/// `a` [batch, time, in] → [batch, time + 2 × padding − dilation × (kernel − 1), out].
ct_tensor ct_host_convolution(ct_tensor a, ct_tensor packed, ct_tensor bias, int64_t out, int64_t kernel, int64_t padding,
                              int64_t dilation, int64_t groups, ct_status *status);
ct_tensor ct_layer_norm(ct_tensor a, const int64_t *shape, int32_t rank, ct_tensor weight, ct_tensor bias, double eps,
                        ct_status *status);
ct_tensor ct_group_norm(ct_tensor a, int64_t groups, ct_tensor weight, ct_tensor bias, double eps, ct_status *status);
ct_tensor ct_attention(ct_tensor query, ct_tensor key, ct_tensor value, ct_tensor mask, bool causal, double scale,
                       ct_status *status);
/// Attention of one new position per row over a cache. Writes key and value of `qkv` [rows, 3 × heads × width] into
/// `keys`, `values` [slots, heads, capacity, width] of slots 0..<rows at `positions` (int64 [rows]), then attends to
/// everything up to there. `mask`: bool [rows, 1, 1, span], true up to each row's position; NULL on the CPU in float32.
ct_tensor ct_cached_attention(ct_tensor qkv, ct_tensor keys, ct_tensor values, ct_tensor positions, ct_tensor mask,
                              ct_status *status);
/// x + magnitude × sin²(frequency × x) between an upsampling and a downsampling by two, for `a` [1, time, channels]; what
/// lies beyond the ends has their values. `frequency`, `magnitude` [channels], `up`, `down` [12]: float32. `fused`: in
/// one pass where `a` is on the CPU.
ct_tensor ct_anti_aliased_snake(ct_tensor a, ct_tensor frequency, ct_tensor magnitude, ct_tensor up, ct_tensor down,
                                bool fused, ct_status *status);
/// `mode`: "linear" or "nearest"; the last dimension becomes `length`, `scale` (0 = none) is what upstream passed.
ct_tensor ct_interpolate1d(ct_tensor a, int64_t length, double scale, const char *mode, ct_status *status);
/// Power spectrogram parts: [..., bins, frames, 2] (real, imaginary), no normalisation, one-sided.
ct_tensor ct_stft(ct_tensor a, int64_t fft, int64_t hop, int64_t window_length, ct_tensor window, bool center,
                  ct_status *status);
/// The inverse of `ct_stft` with `center`: `a` [bins, frames, 2] becomes [(frames - 1) × hop].
ct_tensor ct_istft(ct_tensor a, int64_t fft, int64_t hop, int64_t window_length, ct_tensor window, ct_status *status);

// Random numbers
ct_generator ct_generator_create(uint64_t seed, ct_device device, ct_status *status);
void ct_generator_free(ct_generator generator);
bool ct_generator_seed(ct_generator generator, uint64_t seed, ct_status *status);
/// Standard normal, drawn as `torch.randn` draws.
ct_tensor ct_normal(const int64_t *sizes, int32_t rank, ct_dtype dtype, ct_device device, ct_generator generator,
                    ct_status *status);
/// Exponential with rate 1, drawn as `Tensor.exponential_(1)` draws.
ct_tensor ct_exponential(const int64_t *sizes, int32_t rank, ct_dtype dtype, ct_device device, ct_generator generator,
                         ct_status *status);

#ifdef __cplusplus
}
#endif
#endif
