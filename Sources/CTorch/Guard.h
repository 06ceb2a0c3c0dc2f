// The one guard around every body of the C ABI: turns C++ exceptions into a `ct_status` that names the op and the shapes.
#pragma once

#include <ATen/core/Tensor.h>
#include <c10/core/InferenceMode.h>
#include <c10/util/Exception.h>

#include <initializer_list>
#include <new>
#include <string>
#include <vector>

#include "include/ctorch.h"

namespace ctorch {

inline const at::Tensor &borrow(ct_tensor handle) { return *reinterpret_cast<const at::Tensor *>(handle); }

inline at::Tensor &borrow_mutable(ct_tensor handle) { return *reinterpret_cast<at::Tensor *>(handle); }

inline std::optional<at::Tensor> borrow_optional(ct_tensor handle) {
    if (handle == nullptr) return std::nullopt;
    return borrow(handle);
}

/// Sizes, dimensions or strides as libtorch takes them; a view of the caller's memory.
inline at::IntArrayRef list(const int64_t *values, int32_t count) {
    return at::IntArrayRef(values, static_cast<size_t>(count));
}

inline ct_tensor give(at::Tensor tensor) { return reinterpret_cast<ct_tensor>(new at::Tensor(std::move(tensor))); }

at::ScalarType scalar_type(ct_dtype dtype);
ct_dtype dtype_of(at::ScalarType type);
c10::Device device_of(ct_device device);
std::string describe(std::initializer_list<ct_tensor> inputs);
void report(ct_status *status, ct_error_kind kind, const char *op, const std::string &inputs, const std::string &what) noexcept;
ct_error_kind kind_of(const std::string &what) noexcept;

/// Runs `body` in inference mode. Whatever it throws ends here; `failed` is returned then.
template <typename Result, typename Body>
Result guarded(ct_status *status, const char *op, std::initializer_list<ct_tensor> inputs, Result failed,
               Body &&body) noexcept {
    try {
        c10::InferenceMode inference(true);
        return body();
    } catch (const c10::OutOfMemoryError &error) {
        report(status, CT_OUT_OF_MEMORY, op, describe(inputs), error.what_without_backtrace());
    } catch (const c10::Error &error) {
        const std::string what = error.what_without_backtrace();
        report(status, kind_of(what), op, describe(inputs), what);
    } catch (const std::bad_alloc &) {
        report(status, CT_OUT_OF_MEMORY, op, describe(inputs), "the allocator has no memory left");
    } catch (const std::exception &error) {
        const std::string what = error.what();
        report(status, kind_of(what), op, describe(inputs), what);
    } catch (...) {
        report(status, CT_OTHER, op, "", "an exception of an unknown type");
    }
    return failed;
}

/// `guarded` for the usual case: a body that makes one tensor.
template <typename Body>
ct_tensor make(ct_status *status, const char *op, std::initializer_list<ct_tensor> inputs, Body &&body) noexcept {
    return guarded<ct_tensor>(status, op, inputs, nullptr, [&]() -> ct_tensor { return give(body()); });
}

/// `guarded` for a body that changes its arguments in place.
template <typename Body>
bool act(ct_status *status, const char *op, std::initializer_list<ct_tensor> inputs, Body &&body) noexcept {
    return guarded<bool>(status, op, inputs, false, [&]() -> bool {
        body();
        return true;
    });
}

}  // namespace ctorch
