#include "Guard.h"

#include <cstdlib>
#include <cstring>
#include <sstream>

namespace ctorch {

at::ScalarType scalar_type(ct_dtype dtype) {
    switch (dtype) {
    case CT_FLOAT16: return at::kHalf;
    case CT_BFLOAT16: return at::kBFloat16;
    case CT_FLOAT32: return at::kFloat;
    case CT_FLOAT64: return at::kDouble;
    case CT_INT8: return at::kChar;
    case CT_INT16: return at::kShort;
    case CT_INT32: return at::kInt;
    case CT_INT64: return at::kLong;
    case CT_UINT8: return at::kByte;
    case CT_BOOL: return at::kBool;
    }
    TORCH_CHECK(false, "unknown element type ", static_cast<int>(dtype));
}

ct_dtype dtype_of(at::ScalarType type) {
    switch (type) {
    case at::kHalf: return CT_FLOAT16;
    case at::kBFloat16: return CT_BFLOAT16;
    case at::kFloat: return CT_FLOAT32;
    case at::kDouble: return CT_FLOAT64;
    case at::kChar: return CT_INT8;
    case at::kShort: return CT_INT16;
    case at::kInt: return CT_INT32;
    case at::kLong: return CT_INT64;
    case at::kByte: return CT_UINT8;
    default: return CT_BOOL;
    }
}

c10::Device device_of(ct_device device) {
    if (device.type == 0) return c10::Device(c10::DeviceType::CPU);
    return c10::Device(c10::DeviceType::CUDA, static_cast<c10::DeviceIndex>(device.index));
}

std::string describe(std::initializer_list<ct_tensor> inputs) {
    std::ostringstream text;
    bool first = true;
    for (ct_tensor handle : inputs) {
        if (!first) text << ", ";
        first = false;
        if (handle == nullptr) {
            text << "none";
            continue;
        }
        const at::Tensor &tensor = borrow(handle);
        if (!tensor.defined()) {
            text << "undefined";
            continue;
        }
        text << c10::toString(tensor.scalar_type()) << tensor.sizes();
    }
    return text.str();
}

static bool contains(const std::string &text, const char *part) { return text.find(part) != std::string::npos; }

ct_error_kind kind_of(const std::string &what) noexcept {
    if (contains(what, "out of memory") || contains(what, "can't allocate memory") ||
        contains(what, "not enough memory"))
        return CT_OUT_OF_MEMORY;
    if (contains(what, "CUDA") || contains(what, "cuDNN") || contains(what, "same device")) return CT_DEVICE;
    if (contains(what, "size") || contains(what, "shape") || contains(what, "dimension") || contains(what, "Dimension") ||
        contains(what, "channels") || contains(what, "index") || contains(what, "range"))
        return CT_SHAPE;
    return CT_OTHER;
}

void report(ct_status *status, ct_error_kind kind, const char *op, const std::string &inputs,
            const std::string &what) noexcept {
    if (status == nullptr) return;
    status->kind = kind;
    try {
        // libtorch appends advice over several lines; the first paragraph says what happened.
        std::string reason = what.substr(0, what.find("\n\n"));
        if (reason.size() > 600) reason.resize(600);
        std::string text = std::string(op) + "(" + inputs + "): " + reason;
        free(status->message);
        status->message = strdup(text.c_str());
    } catch (...) {
        status->message = nullptr;
    }
}

}  // namespace ctorch

extern "C" void ct_status_clear(ct_status *status) {
    free(status->message);
    status->message = nullptr;
    status->kind = CT_OK;
}
