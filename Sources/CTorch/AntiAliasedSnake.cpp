// The activation of BigVGAN: a periodic function between an upsampling and a downsampling by two, which keep its overtones
// from folding back. On the host all three in one pass: libtorch's depthwise convolutions take longer than the network's.
#include <ATen/ops/addcmul.h>
#include <ATen/ops/conv1d.h>
#include <ATen/ops/empty_like.h>
#include <ATen/ops/flip.h>
#include <ATen/ops/mul.h>
#include <ATen/ops/pad.h>
#include <ATen/ops/sin.h>
#include <ATen/ops/stack.h>

#include <algorithm>
#include <cmath>

#include "Guard.h"
#include "Parallel.h"
#include "Vectors.h"

namespace ctorch {

/// Taps of either filter.
static constexpr int64_t taps = 12;
/// Samples on each side of one of the input that the upsampling sees, and of one of the output that the downsampling sees.
static constexpr int64_t up_reach = taps / 4, down_reach = taps / 4;
/// Samples done at once: their twice as many samples between the filters stay in the nearest cache.
static constexpr int64_t tile_length = 64;
/// Up to here an angle loses nothing when multiples of π are taken off it below.
static constexpr float largest_angle = 6000.0f;

struct Snake {
    const float *input, *frequency, *magnitude;
    float *output;
    int64_t time, channels;
    /// The upsampling's taps times two, which makes up for the zeros between samples.
    float up[taps], down[taps];
};

/// sin² by Cephes' reduction and SLEEF's polynomial, within 2 units in the last place; π is its period.
template <typename Vector>
CTORCH_INLINE Vector squared_sine(Vector x) {
    const Vector n = (x * 0.318309886f + 12582912.0f) - 12582912.0f;  // rounds to the nearest integer
    Vector r = x - n * 3.140625f;
    r = r - n * 9.67502593994140625e-4f;
    r = r - n * 1.50995799097838e-7f;
    const Vector square = r * r;
    Vector p = square * 2.6083159809786593541503e-06f - 0.0001981069071916863322258f;
    p = p * square + 0.00833307858556509017944336f;
    p = p * square - 0.166666597127914428710938f;
    const Vector sine = r + r * square * p;
    return sine * sine;
}

/// As many of a vector's elements as there are channels left; the others are zero.
template <typename Vector>
CTORCH_INLINE Vector load_some(const float *from, int64_t count) {
    if (count == lane_count<Vector>) return load<Vector>(from);
    Vector v = {};
    std::memcpy(&v, from, sizeof(float) * static_cast<size_t>(count));
    return v;
}

/// x + magnitude × sin²(frequency × x), and the largest angle that occurred.
template <typename Vector, bool Exact>
CTORCH_INLINE Vector activated(Vector x, Vector frequency, Vector magnitude, Vector &largest) {
    const Vector angle = x * frequency;
    if constexpr (Exact) {
        Vector sine;
        for (int64_t lane = 0; lane < lane_count<Vector>; lane++) sine[lane] = std::sin(angle[lane]);
        return x + magnitude * (sine * sine);
    } else {
        const Vector size = angle < 0.0f ? -angle : angle;
        largest = size > largest ? size : largest;
        return x + magnitude * squared_sine(angle);
    }
}

/// `length` samples from `first` of up to a vector of channels. False where an angle was too large for the fast sine.
template <typename Vector, bool Exact>
CTORCH_INLINE bool tile(const Snake &snake, int64_t first, int64_t length, int64_t channel, int64_t count) {
    // What lies beyond an end has the end's value, before either filter.
    constexpr int64_t before = up_reach + down_reach;
    Vector input[tile_length + 2 * before];
    Vector between[2 * (tile_length + 2 * down_reach)];
    const float *column = snake.input + channel;
    for (int64_t i = 0; i < length + 2 * before; i++) {
        const int64_t place = std::clamp<int64_t>(first - before + i, 0, snake.time - 1);
        input[i] = load_some<Vector>(column + place * snake.channels, count);
    }
    const Vector frequency = load_some<Vector>(snake.frequency + channel, count);
    const Vector magnitude = load_some<Vector>(snake.magnitude + channel, count);
    Vector largest = {};
    for (int64_t i = 0; i < length + 2 * down_reach; i++) {
        Vector even = {}, odd = {};
        for (int64_t tap = 0; tap < taps / 2; tap++) {
            even += input[i + tap] * snake.up[taps - 1 - 2 * tap];
            odd += input[i + tap + 1] * snake.up[taps - 2 - 2 * tap];
        }
        between[2 * i] = activated<Vector, Exact>(even, frequency, magnitude, largest);
        between[2 * i + 1] = activated<Vector, Exact>(odd, frequency, magnitude, largest);
    }
    if constexpr (!Exact) {
        bool fits = true;
        for (int64_t lane = 0; lane < lane_count<Vector>; lane++) fits = fits && !(largest[lane] > largest_angle);
        if (!fits) return false;
    }
    const int64_t start = 2 * (first - down_reach);
    for (int64_t i = 0; start + i < 0; i++) between[i] = between[-start];
    const int64_t last = 2 * snake.time - 1 - start;
    for (int64_t i = last + 1; i < 2 * (length + 2 * down_reach); i++) between[i] = between[last];
    for (int64_t i = 0; i < length; i++) {
        Vector result = {};
        for (int64_t tap = 0; tap < taps; tap++) result += between[2 * i + tap + 1] * snake.down[tap];
        float *to = snake.output + (first + i) * snake.channels + channel;
        if (count == lane_count<Vector>) store(to, result);
        else std::memcpy(to, &result, sizeof(float) * static_cast<size_t>(count));
    }
    return true;
}

template <typename Vector>
CTORCH_INLINE void tiles(const Snake &snake, int64_t first, int64_t last) {
    constexpr int64_t lanes = lane_count<Vector>;
    const int64_t blocks = (snake.channels + lanes - 1) / lanes;
    for (int64_t item = first; item < last; item++) {
        const int64_t start = item / blocks * tile_length, channel = item % blocks * lanes;
        const int64_t length = std::min(tile_length, snake.time - start);
        const int64_t count = std::min(lanes, snake.channels - channel);
        if (!tile<Vector, false>(snake, start, length, channel, count))
            tile<Vector, true>(snake, start, length, channel, count);
    }
}

static void tiles_by_four(const Snake &snake, int64_t first, int64_t last) { tiles<Float4>(snake, first, last); }
#if defined(__x86_64__)
CTORCH_TARGET_EIGHT static void tiles_by_eight(const Snake &snake, int64_t first, int64_t last) {
    tiles<Float8>(snake, first, last);
}
CTORCH_TARGET_SIXTEEN static void tiles_by_sixteen(const Snake &snake, int64_t first, int64_t last) {
    tiles<Float16>(snake, first, last);
}
#endif

static at::Tensor snake_on_host(const at::Tensor &input, const at::Tensor &frequency, const at::Tensor &magnitude,
                                const at::Tensor &up, const at::Tensor &down) {
    static const Width widest = widest_vector();
    auto output = at::empty_like(input, at::MemoryFormat::Contiguous);
    Snake snake{input.const_data_ptr<float>(), frequency.const_data_ptr<float>(), magnitude.const_data_ptr<float>(),
                output.mutable_data_ptr<float>(), input.size(1), input.size(2), {}, {}};
    for (int64_t tap = 0; tap < taps; tap++) {
        snake.up[tap] = 2 * up.const_data_ptr<float>()[tap];
        snake.down[tap] = down.const_data_ptr<float>()[tap];
    }
    // Few channels do not fill a wide vector.
    const Width width = snake.channels <= 4 ? Width::four : snake.channels <= 8 ? std::min(widest, Width::eight) : widest;
    const int64_t lanes = width == Width::sixteen ? 16 : width == Width::eight ? 8 : 4;
    const int64_t items = (snake.time + tile_length - 1) / tile_length * ((snake.channels + lanes - 1) / lanes);
    parallel_ranges(items, 1, 4, [&](int64_t first, int64_t last) {
        switch (width) {
#if defined(__x86_64__)
        case Width::sixteen: return tiles_by_sixteen(snake, first, last);
        case Width::eight: return tiles_by_eight(snake, first, last);
#endif
        default: return tiles_by_four(snake, first, last);
        }
    });
    return output;
}

/// The same by convolutions, each channel for itself.
static at::Tensor snake_by_libtorch(const at::Tensor &input, const at::Tensor &frequency, const at::Tensor &magnitude,
                                    const at::Tensor &up, const at::Tensor &down) {
    const int64_t time = input.size(1), channels = input.size(2);
    const auto rows = input.transpose(1, 2).reshape({channels, 1, time});
    const auto flipped = at::mul(at::flip(up, {0}), 2);
    const auto even = at::pad(flipped.slice(0, 0, taps, 2), {0, 1}), odd = at::pad(flipped.slice(0, 1, taps, 2), {1, 0});
    const auto phases = at::stack({even, odd}).unsqueeze(1);  // [2, 1, 7]
    const auto twice = at::conv1d(at::pad(rows, {up_reach, up_reach}, "replicate"), phases)
                           .transpose(1, 2)
                           .reshape({channels, 1, 2 * time});
    const auto sine = at::sin(at::mul(twice, frequency.view({channels, 1, 1})));
    const auto active = at::addcmul(twice, magnitude.view({channels, 1, 1}), at::mul(sine, sine));
    return at::conv1d(at::pad(active, {taps / 2 - 1, taps / 2}, "replicate"), down.view({1, 1, taps}), {}, 2)
        .view({1, channels, time})
        .transpose(1, 2)
        .contiguous();
}

}  // namespace ctorch

using namespace ctorch;

extern "C" ct_tensor ct_anti_aliased_snake(ct_tensor a, ct_tensor frequency, ct_tensor magnitude, ct_tensor up,
                                           ct_tensor down, bool fused, ct_status *status) {
    return make(status, "anti_aliased_snake", {a, frequency, magnitude, up, down}, [&] {
        const auto &input = borrow(a), &f = borrow(frequency), &m = borrow(magnitude), &u = borrow(up), &d = borrow(down);
        TORCH_CHECK(input.dim() == 3 && input.size(0) == 1 && input.size(1) > 0 && f.dim() == 1 && m.dim() == 1 &&
                        f.size(0) == input.size(2) && m.size(0) == input.size(2) && u.dim() == 1 && u.size(0) == taps &&
                        d.dim() == 1 && d.size(0) == taps,
                    "the shapes do not fit: input [1, time, channels], frequency and magnitude [channels], filters [12]");
        for (const auto *parameter : {&f, &m, &u, &d})
            TORCH_CHECK(parameter->scalar_type() == at::kFloat && parameter->is_contiguous() &&
                            parameter->device() == input.device(),
                        "frequency, magnitude and filters must be float32, in order and on the input's device");
        const auto exact = input.to(at::kFloat).contiguous();
        const auto output = input.is_cpu() && fused ? snake_on_host(exact, f, m, u, d) : snake_by_libtorch(exact, f, m, u, d);
        return output.to(input.scalar_type());
    });
}
