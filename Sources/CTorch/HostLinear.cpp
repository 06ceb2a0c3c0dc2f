#include "HostLinear.h"

#include <ATen/ops/empty.h>

#include <limits>

#include "Parallel.h"
#include "Vectors.h"

// For one row, libtorch's matrix product reaches less than half of the memory bandwidth, and it does not share the
// weights among a few rows. For many rows it relies on MKL, which does not use the wide vectors of processors that are
// not Intel's: on an EPYC of 2025 this is 1.7 times as fast at 180 rows and at 2000, and 3 times at 8; oneDNN's convolution
// of width 1 lies between at 1000 rows. Four columns of weights are multiplied with many rows while they are in the nearest
// cache.

namespace ctorch {

/// Most rows for which this is the faster.
static int64_t max_rows() {
#if defined(__x86_64__)
    if (!__builtin_cpu_is("intel")) return std::numeric_limits<int64_t>::max();
#endif
    return 16;
}

struct Layer {
    const float *input, *weight, *bias;
    float *output;
    int64_t rows, in, out;
};

/// Inputs that are summed before the next ones: four columns of weights for so many stay in the nearest cache.
static constexpr int64_t depth = 1024;

/// Four outputs of `Rows` rows, of the inputs `from..<to`. Outputs of the inputs before are in place already.
template <typename Vector, int Rows>
CTORCH_INLINE void block(const Layer &layer, int64_t column, int64_t row, int64_t from, int64_t to, bool ahead) {
    constexpr int64_t lanes = lane_count<Vector>;
    const int64_t in = layer.in;
    const float *weight = layer.weight + column * in;
    const float *input = layer.input + row * in;
    Vector totals[Rows][4] = {};
    int64_t k = from;
    for (; k + lanes <= to; k += lanes) {
        const Vector w[4] = {load<Vector>(weight + k), load<Vector>(weight + in + k), load<Vector>(weight + 2 * in + k),
                             load<Vector>(weight + 3 * in + k)};
        if (ahead) {
            for (int c = 4; c < 8; c++) __builtin_prefetch(weight + c * in + k);
        }
        for (int r = 0; r < Rows; r++) {
            const Vector x = load<Vector>(input + r * in + k);
            for (int c = 0; c < 4; c++) totals[r][c] += w[c] * x;
        }
    }
    const Float4 bias = layer.bias != nullptr ? load<Float4>(layer.bias + column) : Float4{};
    for (int r = 0; r < Rows; r++) {
        Float4 result = sums(totals[r][0], totals[r][1], totals[r][2], totals[r][3]);
        for (int64_t tail = k; tail < to; tail++) {
            const Float4 w = {weight[tail], weight[in + tail], weight[2 * in + tail], weight[3 * in + tail]};
            result += w * input[r * in + tail];
        }
        float *output = layer.output + (row + r) * layer.out + column;
        store(output, result + (from == 0 ? bias : load<Float4>(output)));
    }
}

/// One output of one row: what is left over when the outputs are no multiple of four.
template <typename Vector>
CTORCH_INLINE void single(const Layer &layer, int64_t column, int64_t row) {
    constexpr int64_t lanes = lane_count<Vector>;
    const float *weight = layer.weight + column * layer.in, *input = layer.input + row * layer.in;
    Vector totals = {};
    int64_t k = 0;
    for (; k + lanes <= layer.in; k += lanes) totals += load<Vector>(weight + k) * load<Vector>(input + k);
    float result = sum(totals);
    for (; k < layer.in; k++) result += weight[k] * input[k];
    layer.output[row * layer.out + column] = result + (layer.bias != nullptr ? layer.bias[column] : 0.0f);
}

/// Rows whose inputs stay in the second cache while the weights pass by.
static constexpr int64_t row_chunk = 64;

/// Four outputs of the rows `start..<end`.
template <typename Vector, int Rows>
CTORCH_INLINE void blocks(const Layer &layer, int64_t column, int64_t start, int64_t end, int64_t from) {
    const int64_t to = from + depth < layer.in ? from + depth : layer.in;
    int64_t row = start;
    for (; row + Rows <= end; row += Rows) block<Vector, Rows>(layer, column, row, from, to, row == start);
    for (; row + 2 <= end; row += 2) block<Vector, 2>(layer, column, row, from, to, row == start);
    for (; row < end; row++) block<Vector, 1>(layer, column, row, from, to, row == start && end - start > 1);
}

/// `Rows`: how many rows' totals fit the registers.
template <typename Vector, int Rows>
CTORCH_INLINE void columns(const Layer &layer, int64_t first, int64_t last) {
    for (int64_t start = 0; start < layer.rows; start += row_chunk) {
        const int64_t end = start + row_chunk < layer.rows ? start + row_chunk : layer.rows;
        const int64_t fours = first + (last - first) / 4 * 4;
        if (end - start <= Rows) {
            // Used once, weights are better read in their order.
            for (int64_t column = first; column < fours; column += 4) {
                for (int64_t from = 0; from < layer.in; from += depth)
                    blocks<Vector, Rows>(layer, column, start, end, from);
            }
        } else {
            for (int64_t from = 0; from < layer.in; from += depth) {
                for (int64_t column = first; column < fours; column += 4)
                    blocks<Vector, Rows>(layer, column, start, end, from);
            }
        }
        for (int64_t column = fours; column < last; column++) {
            for (int64_t row = start; row < end; row++) single<Vector>(layer, column, row);
        }
    }
}

static void columns_by_four(const Layer &layer, int64_t first, int64_t last) { columns<Float4, 2>(layer, first, last); }
#if defined(__x86_64__)
CTORCH_TARGET_EIGHT static void columns_by_eight(const Layer &layer, int64_t first, int64_t last) {
    columns<Float8, 2>(layer, first, last);
}
CTORCH_TARGET_SIXTEEN static void columns_by_sixteen(const Layer &layer, int64_t first, int64_t last) {
    columns<Float16, 4>(layer, first, last);
}
#endif

static void run(Width width, const Layer &layer, int64_t first, int64_t last) {
    switch (width) {
#if defined(__x86_64__)
    case Width::sixteen: return columns_by_sixteen(layer, first, last);
    case Width::eight: return columns_by_eight(layer, first, last);
#endif
    default: return columns_by_four(layer, first, last);
    }
}

static bool plain(const at::Tensor &tensor) {
    return tensor.is_cpu() && tensor.scalar_type() == at::kFloat && tensor.is_contiguous();
}

bool fits_host_linear(const at::Tensor &input, const at::Tensor &weight, const std::optional<at::Tensor> &bias) {
    if (!plain(input) || !plain(weight) || weight.dim() != 2 || input.dim() < 1) return false;
    static const int64_t most = max_rows();
    const int64_t in = weight.size(1), out = weight.size(0);
    if (in == 0 || input.size(-1) != in || input.numel() == 0 || input.numel() / in > most) return false;
    return !bias || (plain(*bias) && bias->dim() == 1 && bias->size(0) == out);
}

at::Tensor host_linear(const at::Tensor &input, const at::Tensor &weight, const std::optional<at::Tensor> &bias) {
    static const Width width = widest_vector();
    auto sizes = input.sizes().vec();
    sizes.back() = weight.size(0);
    auto output = at::empty(sizes, input.options());
    const Layer layer{input.const_data_ptr<float>(), weight.const_data_ptr<float>(),
                      bias ? bias->const_data_ptr<float>() : nullptr, output.mutable_data_ptr<float>(),
                      input.numel() / weight.size(1), weight.size(1), weight.size(0)};
    // About 32,000 multiplications a thread pay for waking it.
    const int64_t grain = 1 + 32768 / (layer.in * layer.rows);
    parallel_ranges(layer.out, 8, grain, [&](int64_t first, int64_t last) { run(width, layer, first, last); });
    return output;
}

}  // namespace ctorch
