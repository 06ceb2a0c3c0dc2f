// Element-by-element arithmetic and reductions.
#include <ATen/ops/abs.h>
#include <ATen/ops/add.h>
#include <ATen/ops/addcmul.h>
#include <ATen/ops/all.h>
#include <ATen/ops/amax.h>
#include <ATen/ops/amin.h>
#include <ATen/ops/any.h>
#include <ATen/ops/argmin.h>
#include <ATen/ops/atan2.h>
#include <ATen/ops/clamp.h>
#include <ATen/ops/cos.h>
#include <ATen/ops/div.h>
#include <ATen/ops/exp.h>
#include <ATen/ops/floor.h>
#include <ATen/ops/gelu.h>
#include <ATen/ops/gt.h>
#include <ATen/ops/isfinite.h>
#include <ATen/ops/le.h>
#include <ATen/ops/leaky_relu.h>
#include <ATen/ops/log.h>
#include <ATen/ops/logical_and.h>
#include <ATen/ops/logical_or.h>
#include <ATen/ops/lt.h>
#include <ATen/ops/maximum.h>
#include <ATen/ops/mean.h>
#include <ATen/ops/minimum.h>
#include <ATen/ops/mish.h>
#include <ATen/ops/mul.h>
#include <ATen/ops/neg.h>
#include <ATen/ops/norm_except_dim.h>
#include <ATen/ops/pow.h>
#include <ATen/ops/relu.h>
#include <ATen/ops/rsub.h>
#include <ATen/ops/scalar_tensor.h>
#include <ATen/ops/sigmoid.h>
#include <ATen/ops/silu.h>
#include <ATen/ops/sin.h>
#include <ATen/ops/softmax.h>
#include <ATen/ops/softplus.h>
#include <ATen/ops/sort.h>
#include <ATen/ops/sqrt.h>
#include <ATen/ops/sub.h>
#include <ATen/ops/sum.h>
#include <ATen/ops/tanh.h>
#include <ATen/ops/topk.h>
#include <ATen/ops/where.h>

#include <cmath>

#include "Guard.h"

using namespace ctorch;

static at::Tensor unary(ct_unary_op op, const at::Tensor &a) {
    switch (op) {
    case CT_ABS: return at::abs(a);
    case CT_EXP: return at::exp(a);
    case CT_LOG: return at::log(a);
    case CT_SQRT: return at::sqrt(a);
    case CT_SIN: return at::sin(a);
    case CT_COS: return at::cos(a);
    case CT_TANH: return at::tanh(a);
    case CT_SIGMOID: return at::sigmoid(a);
    case CT_NEGATE: return at::neg(a);
    case CT_GELU: return at::gelu(a, "none");
    case CT_GELU_TANH: return at::gelu(a, "tanh");
    case CT_FLOOR: return at::floor(a);
    case CT_IS_FINITE: return at::isfinite(a);
    case CT_SOFTPLUS: return at::softplus(a);
    case CT_SILU: return at::silu(a);
    case CT_MISH: return at::mish(a);
    }
    TORCH_CHECK(false, "unknown unary op ", static_cast<int>(op));
}

static at::Tensor binary(ct_binary_op op, const at::Tensor &a, const at::Tensor &b) {
    switch (op) {
    case CT_ADD: return at::add(a, b);
    case CT_SUBTRACT: return at::sub(a, b);
    case CT_MULTIPLY: return at::mul(a, b);
    case CT_DIVIDE: return at::div(a, b);
    case CT_MAXIMUM: return at::maximum(a, b);
    case CT_MINIMUM: return at::minimum(a, b);
    case CT_POWER: return at::pow(a, b);
    case CT_LESS: return at::lt(a, b);
    case CT_LESS_EQUAL: return at::le(a, b);
    case CT_GREATER: return at::gt(a, b);
    case CT_AND: return at::logical_and(a, b);
    case CT_OR: return at::logical_or(a, b);
    case CT_ATAN2: return at::atan2(a, b);
    }
    TORCH_CHECK(false, "unknown binary op ", static_cast<int>(op));
}

static at::Tensor with_scalar(ct_binary_op op, const at::Tensor &a, double value, bool reversed) {
    const bool whole = c10::isIntegralType(a.scalar_type(), true) && value == static_cast<double>(static_cast<int64_t>(value));
    const at::Scalar scalar = whole ? at::Scalar(static_cast<int64_t>(value)) : at::Scalar(value);
    if (!reversed) {
        switch (op) {
        case CT_ADD: return at::add(a, scalar);
        case CT_SUBTRACT: return at::sub(a, scalar);
        case CT_MULTIPLY: return at::mul(a, scalar);
        case CT_DIVIDE: return at::div(a, scalar);
        case CT_POWER: return at::pow(a, scalar);
        case CT_LESS: return at::lt(a, scalar);
        case CT_LESS_EQUAL: return at::le(a, scalar);
        case CT_GREATER: return at::gt(a, scalar);
        default: break;
        }
    } else if (op == CT_SUBTRACT) {
        return at::rsub(a, scalar);
    }
    const auto other = at::scalar_tensor(scalar, a.options());
    return reversed ? binary(op, other, a) : binary(op, a, other);
}

extern "C" {

ct_tensor ct_unary(ct_unary_op op, ct_tensor a, ct_status *status) {
    static const char *names[] = {"abs", "exp", "log", "sqrt", "sin", "cos", "tanh", "sigmoid", "negate",
                                  "gelu", "gelu(tanh)", "floor", "is_finite", "softplus", "silu", "mish"};
    return make(status, names[op], {a}, [&] { return unary(op, borrow(a)); });
}

static const char *binary_names[] = {"add", "subtract", "multiply", "divide", "maximum",
                                     "minimum", "power", "less", "less_equal", "greater", "and", "or", "atan2"};

ct_tensor ct_binary(ct_binary_op op, ct_tensor a, ct_tensor b, ct_status *status) {
    return make(status, binary_names[op], {a, b}, [&] { return binary(op, borrow(a), borrow(b)); });
}

ct_tensor ct_scalar(ct_binary_op op, ct_tensor a, double value, bool reversed, ct_status *status) {
    return make(status, binary_names[op], {a}, [&] { return with_scalar(op, borrow(a), value, reversed); });
}

bool ct_add_in_place(ct_tensor a, ct_tensor b, double alpha, ct_status *status) {
    return act(status, "add_", {a, b}, [&] { borrow_mutable(a).add_(borrow(b), alpha); });
}

bool ct_add_product_in_place(ct_tensor a, ct_tensor b, ct_tensor c, ct_status *status) {
    return act(status, "addcmul_", {a, b, c}, [&] { borrow_mutable(a).addcmul_(borrow(b), borrow(c)); });
}

bool ct_multiply_in_place(ct_tensor a, ct_tensor b, ct_status *status) {
    return act(status, "mul_", {a, b}, [&] { borrow_mutable(a).mul_(borrow(b)); });
}

bool ct_scale_in_place(ct_tensor a, double value, ct_status *status) {
    return act(status, "mul_", {a}, [&] { borrow_mutable(a).mul_(value); });
}

bool ct_fill_in_place(ct_tensor a, double value, ct_status *status) {
    return act(status, "fill_", {a}, [&] { borrow_mutable(a).fill_(value); });
}

bool ct_copy_in_place(ct_tensor destination, ct_tensor source, ct_status *status) {
    return act(status, "copy_", {destination, source}, [&] { borrow_mutable(destination).copy_(borrow(source)); });
}

bool ct_relu_in_place(ct_tensor a, ct_status *status) {
    return act(status, "relu_", {a}, [&] { borrow_mutable(a).relu_(); });
}

bool ct_leaky_relu_in_place(ct_tensor a, double slope, ct_status *status) {
    return act(status, "leaky_relu_", {a}, [&] { at::leaky_relu_(borrow_mutable(a), slope); });
}

ct_tensor ct_leaky_relu(ct_tensor a, double slope, ct_status *status) {
    return make(status, "leaky_relu", {a}, [&] { return at::leaky_relu(borrow(a), slope); });
}

/// An infinite limit is none.
static std::optional<at::Scalar> limit(double value) {
    if (std::isinf(value)) return std::nullopt;
    return at::Scalar(value);
}

ct_tensor ct_clamp(ct_tensor a, double low, double high, ct_status *status) {
    return make(status, "clamp", {a}, [&] { return at::clamp(borrow(a), limit(low), limit(high)); });
}

bool ct_clamp_in_place(ct_tensor a, double low, double high, ct_status *status) {
    return act(status, "clamp_", {a}, [&] { at::clamp_(borrow_mutable(a), limit(low), limit(high)); });
}

ct_tensor ct_where(ct_tensor condition, ct_tensor a, ct_tensor b, ct_status *status) {
    return make(status, "where", {condition, a, b}, [&] { return at::where(borrow(condition), borrow(a), borrow(b)); });
}

ct_tensor ct_reduce(ct_reduction op, ct_tensor a, const int64_t *dims, int32_t rank, bool keep, ct_status *status) {
    static const char *names[] = {"sum", "mean", "max", "min", "any", "all"};
    return make(status, names[op], {a}, [&]() -> at::Tensor {
        const auto over = list(dims, rank);
        const auto &tensor = borrow(a);
        switch (op) {
        case CT_SUM: return rank == 0 ? at::sum(tensor) : at::sum(tensor, over, keep);
        case CT_MEAN: return rank == 0 ? at::mean(tensor) : at::mean(tensor, over, keep);
        case CT_MAX: return at::amax(tensor, over, keep);
        case CT_MIN: return at::amin(tensor, over, keep);
        case CT_ANY: return rank == 0 ? at::any(tensor) : at::any(tensor, over, keep);
        case CT_ALL: return rank == 0 ? at::all(tensor) : at::all(tensor, over, keep);
        }
        TORCH_CHECK(false, "unknown reduction ", static_cast<int>(op));
    });
}

ct_tensor ct_argmin(ct_tensor a, int64_t dim, bool keep, ct_status *status) {
    return make(status, "argmin", {a}, [&] { return at::argmin(borrow(a), dim, keep); });
}

bool ct_topk(ct_tensor a, int64_t k, int64_t dim, ct_tensor *values, ct_tensor *indices, ct_status *status) {
    return act(status, "topk", {a}, [&] {
        auto [top, where] = at::topk(borrow(a), k, dim);
        *values = give(std::move(top));
        *indices = give(std::move(where));
    });
}

bool ct_sort(ct_tensor a, int64_t dim, bool descending, ct_tensor *values, ct_tensor *indices, ct_status *status) {
    return act(status, "sort", {a}, [&] {
        auto [sorted, where] = at::sort(borrow(a), dim, descending);
        *values = give(std::move(sorted));
        *indices = give(std::move(where));
    });
}

ct_tensor ct_softmax(ct_tensor a, int64_t dim, ct_status *status) {
    return make(status, "softmax", {a}, [&] { return at::softmax(borrow(a), dim); });
}

ct_tensor ct_weight_norm(ct_tensor v, ct_tensor g, int64_t dim, ct_status *status) {
    return make(status, "weight_norm", {v, g}, [&] {
        // The fused kernel takes the first or the last dimension only; the formula takes any.
        return at::mul(borrow(v), at::div(borrow(g), at::norm_except_dim(borrow(v), 2, dim)));
    });
}

}  // extern "C"
