#include "HostConvolution.h"

#include <ATen/ops/empty.h>
#include <ATen/ops/zeros.h>

#include <algorithm>
#include <cstring>

#include "Parallel.h"
#include "Vectors.h"

// oneDNN compiles a convolution anew for every length of its input, which in speech is nearly every time: 1 to 3 ms a layer, of
// which a wave decoder has a hundred, and up to a megabyte of code each that it keeps. This one is compiled once. With channels
// last in memory a convolution along time is a matrix product whose rows overlap: row t of the left factor is the stretch of
// input that output frame t sees. The weights of up to 64 channels that come out lie together (a panel), so that a slice of a
// panel stays in the nearest cache while a few dozen frames pass by.

namespace ctorch {
namespace {

/// Channels of a panel.
constexpr int64_t panel_width = 64;
/// Channels of the last panel are rounded up to so many, the widest vector.
constexpr int64_t column_unit = 16;
/// Weights of a panel's channel that are multiplied before the next frames come: 48 KiB for a whole panel, as large as the nearest
/// cache of processors with vectors of 16. The others go through a panel by columns and have smaller caches.
template <int Wide>
constexpr int64_t depth = Wide == 4 ? 192 : 96;
/// Frames at a time: their input stays in the second cache while all panels pass by.
constexpr int64_t chunk_frames = 180;

int64_t rounded_up(int64_t count, int64_t unit) { return (count + unit - 1) / unit * unit; }

struct Convolution {
    const float *input, *weight, *bias;
    float *output;
    /// Frames of one row of the batch.
    int64_t time_in, time_out;
    /// Channels of all groups: the distance between frames in memory.
    int64_t in, out;
    /// Channels of one group.
    int64_t group_in, group_out;
    int64_t kernel, padding, dilation;
};

/// Up to 15 numbers, by pieces whose sizes the compiler knows.
CTORCH_INLINE void copy_some(float *to, const float *from, int64_t count) {
    if (count & 8) std::memcpy(to, from, 8 * sizeof(float)), to += 8, from += 8;
    if (count & 4) std::memcpy(to, from, 4 * sizeof(float)), to += 4, from += 4;
    if (count & 2) std::memcpy(to, from, 2 * sizeof(float)), to += 2, from += 2;
    if (count & 1) *to = *from;
}

/// A slice of a panel, and the frames that it is multiplied with.
struct Slice {
    /// At the first tap and channel.
    const float *input, *weight;
    float *output;
    /// What the totals begin with where this is a panel's first slice (otherwise null, and they go on from the output).
    const float *begin;
    int64_t width, taps, channels;
};

/// The first `count` numbers of a vector, through a buffer of its own: totals whose address were taken would leave the registers.
template <typename Vector>
CTORCH_INLINE Vector load_some(const float *from, int64_t count) {
    if (count == lane_count<Vector>) return load<Vector>(from);
    float buffer[lane_count<Vector>] = {};
    copy_some(buffer, from, count);
    return load<Vector>(buffer);
}

template <typename Vector>
CTORCH_INLINE void store_some(float *to, const Vector &v, int64_t count) {
    if (count == lane_count<Vector>) return store(to, v);
    float buffer[lane_count<Vector>];
    store(buffer, v);
    copy_some(to, buffer, count);
}

/// Adds what a slice makes of `Rows` frames to their outputs, `Columns` vectors of them, of which the last may be part of a
/// vector: `tail` numbers.
template <typename Vector, int Rows, int Columns>
CTORCH_INLINE void tile(const Convolution &all, const Slice &slice, int64_t tail) {
    constexpr int64_t lanes = lane_count<Vector>;
    Vector totals[Rows][Columns];
    if (slice.begin != nullptr) {
        for (int v = 0; v < Columns; v++) {
            const Vector begin = load<Vector>(slice.begin + v * lanes);
            for (int r = 0; r < Rows; r++) totals[r][v] = begin;
        }
    } else {
        for (int r = 0; r < Rows; r++) {
            const float *output = slice.output + r * all.out;
            for (int v = 0; v + 1 < Columns; v++) totals[r][v] = load<Vector>(output + v * lanes);
            totals[r][Columns - 1] = load_some<Vector>(output + (Columns - 1) * lanes, tail);
        }
    }
    for (int64_t k = 0; k < slice.taps; k++) {
        const float *input = slice.input + k * all.dilation * all.in;
        const float *weight = slice.weight + k * all.group_in * slice.width;
        for (int64_t c = 0; c < slice.channels; c++) {
            Vector w[Columns];
            for (int v = 0; v < Columns; v++) w[v] = load<Vector>(weight + c * slice.width + v * lanes);
            for (int r = 0; r < Rows; r++) {
                const float x = input[r * all.in + c];
                for (int v = 0; v < Columns; v++) totals[r][v] = fused(w[v], x, totals[r][v]);
            }
        }
    }
    for (int r = 0; r < Rows; r++) {
        float *output = slice.output + r * all.out;
        for (int v = 0; v + 1 < Columns; v++) store(output + v * lanes, totals[r][v]);
        store_some(output + (Columns - 1) * lanes, totals[r][Columns - 1], tail);
    }
}

/// The taps `from..<to` of a slice whose pointers are those of tap `tap` at frame 0 of input and output, at frame `frame`, which
/// sees input frame `frame + k × dilation − padding` through tap k.
CTORCH_INLINE Slice at_frame(const Convolution &all, const Slice &slice, int64_t tap, int64_t frame, int64_t from, int64_t to) {
    Slice part = slice;
    part.input += (frame + (tap + from) * all.dilation - all.padding) * all.in;
    part.weight += from * all.group_in * slice.width;
    part.output += frame * all.out;
    part.taps = to - from;
    return part;
}

/// One frame, of whose taps some may lie outside the input.
template <typename Vector, int Columns>
CTORCH_INLINE void frame_alone(const Convolution &all, const Slice &slice, int64_t tap, int64_t frame, int64_t tail) {
    const int64_t seen = frame + tap * all.dilation - all.padding, left = all.time_in - 1 - seen;
    const int64_t from = seen < 0 ? (all.dilation - 1 - seen) / all.dilation : 0;
    const int64_t to = left < 0 ? 0 : std::min(slice.taps, left / all.dilation + 1);
    if (from < to) tile<Vector, 1, Columns>(all, at_frame(all, slice, tap, frame, from, to), tail);
    else if (slice.begin != nullptr) tile<Vector, 1, Columns>(all, at_frame(all, slice, tap, frame, 0, 0), tail);
}

/// The frames `first..<last` of one row, for `Columns` vectors of a panel and the taps and channels of `slice`, whose pointers
/// are those of tap `tap` at frame 0 of input and output.
///
/// Every frame adds its products in the order of taps, then channels, alone or in a tile, near an end of the input or not: that
/// is why its bits do not depend on its neighbours.
template <typename Vector, int Rows, int Columns>
CTORCH_INLINE void frames(const Convolution &all, const Slice &slice, int64_t tap, int64_t first, int64_t last, int64_t tail) {
    // Through all taps of the slice, the frames `low..<high` see the input.
    const int64_t low = std::clamp(all.padding - tap * all.dilation, first, last);
    const int64_t high = std::clamp(all.time_in + all.padding - (tap + slice.taps - 1) * all.dilation, low, last);
    int64_t frame = first;
    for (; frame < low; frame++) frame_alone<Vector, Columns>(all, slice, tap, frame, tail);
    for (; frame + Rows <= high; frame += Rows)
        tile<Vector, Rows, Columns>(all, at_frame(all, slice, tap, frame, 0, slice.taps), tail);
    for (; frame < last; frame++) frame_alone<Vector, Columns>(all, slice, tap, frame, tail);
}

/// A panel, `Wide` vectors of it at a time.
template <typename Vector, int Wide, int Rows>
CTORCH_INLINE void panel(const Convolution &all, const Slice &slice, int64_t tap, int64_t first, int64_t last, int64_t columns) {
    constexpr int64_t lanes = lane_count<Vector>;
    for (int64_t column = 0; column < columns; column += Wide * lanes) {
        const int64_t left = std::min<int64_t>(columns - column, Wide * lanes);
        const int64_t vectors = (left + lanes - 1) / lanes, tail = left - (vectors - 1) * lanes;
        Slice part = slice;
        part.weight += column;
        part.output += column;
        if (part.begin != nullptr) part.begin += column;
        // More rows than these and the compiler keeps totals in memory.
        if constexpr (Wide == 4) {
            if (vectors == 4) frames<Vector, Rows, 4>(all, part, tap, first, last, tail);
            if (vectors == 3) frames<Vector, Rows, 3>(all, part, tap, first, last, tail);
            if (vectors == 2) frames<Vector, 10, 2>(all, part, tap, first, last, tail);
            if (vectors == 1) frames<Vector, 2 * Rows, 1>(all, part, tap, first, last, tail);
        } else {
            if (vectors == 2) frames<Vector, Rows, 2>(all, part, tap, first, last, tail);
            if (vectors == 1) frames<Vector, Rows, 1>(all, part, tap, first, last, tail);
        }
    }
}

/// The frames `first..<last` of one row of the batch, of all channels of the panels `from..<to` of one group.
template <typename Vector, int Wide, int Rows>
CTORCH_INLINE void chunk(const Convolution &all, int64_t row, int64_t group, int64_t first, int64_t last, int64_t from,
                         int64_t to) {
    const float *input = all.input + row * all.time_in * all.in + group * all.group_in;
    const int64_t padded = rounded_up(all.group_out, column_unit);
    // Slices of one tap are alike, so that none is left with a few channels.
    const int64_t taps = std::max<int64_t>(1, depth<Wide> / all.group_in);
    const int64_t parts = (all.group_in + depth<Wide> - 1) / depth<Wide>, channels = (all.group_in + parts - 1) / parts;
    for (int64_t index = from; index < to; index++) {
        const int64_t start = index * panel_width;
        const int64_t columns = std::min(panel_width, all.group_out - start), width = std::min(panel_width, padded - start);
        const float *weight = all.weight + (group * padded + start) * all.kernel * all.group_in;
        const int64_t channel = group * all.group_out + start;
        float begin[panel_width] = {};
        if (all.bias != nullptr) std::copy_n(all.bias + channel, columns, begin);
        for (int64_t tap = 0; tap < all.kernel; tap += taps) {
            for (int64_t c = 0; c < all.group_in; c += channels) {
                const Slice slice{input + c,
                                  weight + (tap * all.group_in + c) * width,
                                  all.output + row * all.time_out * all.out + channel,
                                  tap == 0 && c == 0 ? begin : nullptr,
                                  width,
                                  std::min(taps, all.kernel - tap),
                                  std::min(channels, all.group_in - c)};
                panel<Vector, Wide, Rows>(all, slice, tap, first, last, columns);
            }
        }
    }
}

/// Each channel by itself: weights are `[kernel, channels]`.
template <typename Vector>
CTORCH_INLINE void depthwise(const Convolution &all, int64_t row, int64_t first, int64_t last) {
    constexpr int64_t lanes = lane_count<Vector>;
    const float *input = all.input + row * all.time_in * all.in;
    float *output = all.output + row * all.time_out * all.out;
    for (int64_t frame = first; frame < last; frame++) {
        float *line = output + frame * all.out;
        const int64_t start = frame - all.padding;
        int64_t low = 0, high = all.kernel;
        while (low < high && start + low * all.dilation < 0) low++;
        while (high > low && start + (high - 1) * all.dilation >= all.time_in) high--;
        int64_t c = 0;
        for (; c + lanes <= all.in; c += lanes) {
            Vector total = all.bias != nullptr ? load<Vector>(all.bias + c) : Vector{};
            for (int64_t k = low; k < high; k++) {
                total += load<Vector>(all.weight + k * all.in + c) *
                         load<Vector>(input + (start + k * all.dilation) * all.in + c);
            }
            store(line + c, total);
        }
        for (; c < all.in; c++) {
            float total = all.bias != nullptr ? all.bias[c] : 0.0f;
            for (int64_t k = low; k < high; k++) {
                total += all.weight[k * all.in + c] * input[(start + k * all.dilation) * all.in + c];
            }
            line[c] = total;
        }
    }
}

/// What one thread does at a time.
struct Piece {
    int64_t row, group, first, last, from, to;
};

template <typename Vector, int Wide, int Rows>
CTORCH_INLINE void work(const Convolution &all, const Piece &piece) {
    if (all.group_in == 1 && all.group_out == 1) depthwise<Vector>(all, piece.row, piece.first, piece.last);
    else chunk<Vector, Wide, Rows>(all, piece.row, piece.group, piece.first, piece.last, piece.from, piece.to);
}

void work_by_four(const Convolution &all, const Piece &piece) { work<Float4, 2, 4>(all, piece); }
#if defined(__x86_64__)
CTORCH_TARGET_EIGHT void work_by_eight(const Convolution &all, const Piece &piece) { work<Float8, 2, 6>(all, piece); }
CTORCH_TARGET_SIXTEEN void work_by_sixteen(const Convolution &all, const Piece &piece) { work<Float16, 4, 6>(all, piece); }
#endif

void run(Width width, const Convolution &all, const Piece &piece) {
    switch (width) {
#if defined(__x86_64__)
    case Width::sixteen: return work_by_sixteen(all, piece);
    case Width::eight: return work_by_eight(all, piece);
#endif
    default: return work_by_four(all, piece);
    }
}

bool is_depthwise(const at::Tensor &weight, int64_t groups) { return weight.size(1) == 1 && weight.size(0) == groups; }

}  // namespace

at::Tensor packed_convolution(const at::Tensor &weight, int64_t groups) {
    TORCH_CHECK(weight.dim() == 3 && groups > 0 && weight.size(0) % groups == 0 && weight.numel() > 0,
                "a convolution's weight is [out, in / groups, kernel]");
    TORCH_CHECK(weight.is_cpu() && weight.scalar_type() == at::kFloat, "only float32 on the CPU is packed");
    if (is_depthwise(weight, groups)) return weight.permute({2, 1, 0}).reshape({-1});
    const auto from = weight.contiguous();
    const int64_t out = from.size(0) / groups, in = from.size(1), kernel = from.size(2), padded = rounded_up(out, column_unit);
    auto packed = at::zeros({groups * padded * in * kernel}, from.options());
    const int64_t panels = (out + panel_width - 1) / panel_width;
    const int64_t grain = 1 + 65536 / (in * kernel * panel_width);
    parallel_ranges(groups * panels, 1, grain, [&](int64_t first, int64_t last) {
        for (int64_t index = first; index < last; index++) {
            const int64_t group = index / panels, start = index % panels * panel_width;
            const int64_t columns = std::min(panel_width, out - start), width = std::min(panel_width, padded - start);
            const float *source = from.const_data_ptr<float>() + (group * out + start) * in * kernel;
            float *panel = packed.mutable_data_ptr<float>() + (group * padded + start) * in * kernel;
            for (int64_t c = 0; c < in; c++) {
                for (int64_t k = 0; k < kernel; k++) {
                    float *line = panel + (k * in + c) * width;
                    for (int64_t column = 0; column < columns; column++)
                        line[column] = source[(column * in + c) * kernel + k];
                }
            }
        }
    });
    return packed;
}

at::Tensor host_convolution(const at::Tensor &input, const at::Tensor &packed, const std::optional<at::Tensor> &bias,
                            const ConvolutionSizes &sizes) {
    static const Width width = widest_vector();
    TORCH_CHECK(input.is_cpu() && input.scalar_type() == at::kFloat && input.dim() == 3,
                "the input must be [batch, time, channels] in float32 on the CPU");
    const int64_t batch = input.size(0), time = input.size(1), in = input.size(2);
    TORCH_CHECK(sizes.groups > 0 && sizes.out > 0 && sizes.kernel > 0 && sizes.dilation > 0 && sizes.padding >= 0 &&
                    in % sizes.groups == 0 && sizes.out % sizes.groups == 0,
                "channels and groups do not fit each other");
    const int64_t length = time + 2 * sizes.padding - sizes.dilation * (sizes.kernel - 1);
    TORCH_CHECK(length > 0, "the input is shorter than the kernel");
    const int64_t group_in = in / sizes.groups, group_out = sizes.out / sizes.groups;
    const bool alone = group_in == 1 && group_out == 1;
    const int64_t columns = alone ? 1 : rounded_up(group_out, column_unit);
    TORCH_CHECK(packed.is_contiguous() && packed.numel() == sizes.groups * columns * group_in * sizes.kernel,
                "the input has ", in, " channels, the weight is for others");
    TORCH_CHECK(!bias || (bias->is_contiguous() && bias->numel() == sizes.out && bias->scalar_type() == at::kFloat),
                "the bias must be float32 [out]");
    const auto from = input.contiguous();
    auto output = at::empty({batch, length, sizes.out}, input.options());
    const Convolution all{from.const_data_ptr<float>(),
                          packed.const_data_ptr<float>(),
                          bias ? bias->const_data_ptr<float>() : nullptr,
                          output.mutable_data_ptr<float>(),
                          time,
                          length,
                          in,
                          sizes.out,
                          group_in,
                          group_out,
                          sizes.kernel,
                          sizes.padding,
                          sizes.dilation};
    // Pieces are chunks of time; where these are few, parts of the channels too.
    const int64_t groups = alone ? 1 : sizes.groups, panels = alone ? 1 : (group_out + panel_width - 1) / panel_width;
    const int64_t chunks = (length + chunk_frames - 1) / chunk_frames;
    const double work = double(batch) * double(length) * double(sizes.out) * double(group_in) * double(sizes.kernel);
    const int64_t threads = work < 65536 ? 1 : thread_limit();
    const int64_t wanted = threads < 2 ? 1 : 4 * threads;
    const int64_t splits = std::clamp<int64_t>((wanted + batch * groups * chunks - 1) / (batch * groups * chunks), 1, panels);
    const int64_t pieces = batch * groups * chunks * splits;
    parallel_ranges(pieces, 1, threads < 2 ? pieces : 1, [&](int64_t begin, int64_t end) {
        for (int64_t index = begin; index < end; index++) {
            const int64_t split = index % splits, part = index / splits % chunks;
            const int64_t group = index / splits / chunks % groups, row = index / splits / chunks / groups;
            run(width, all,
                {row, group, part * chunk_frames, std::min(length, (part + 1) * chunk_frames), panels * split / splits,
                 panels * (split + 1) / splits});
        }
    });
    return output;
}

}  // namespace ctorch
