import CTorch

// Element-by-element operations, with libtorch's broadcasting and type promotion.
extension Tensor {
    private func unary(_ op: ct_unary_op) throws(TorchError) -> Tensor { try make { ct_unary(op, handle, $0) } }

    private static func binary(_ op: ct_binary_op, _ a: Tensor, _ b: Tensor) throws(TorchError) -> Tensor {
        try make { ct_binary(op, a.handle, b.handle, $0) }
    }

    private static func scalar(
        _ op: ct_binary_op, _ a: Tensor, _ value: Double, reversed: Bool = false
    ) throws(TorchError) -> Tensor {
        try make { ct_scalar(op, a.handle, value, reversed, $0) }
    }

    /// Sum.
    public static func + (a: Tensor, b: Tensor) throws(TorchError) -> Tensor { try binary(CT_ADD, a, b) }
    /// Difference.
    public static func - (a: Tensor, b: Tensor) throws(TorchError) -> Tensor { try binary(CT_SUBTRACT, a, b) }
    /// Product, element by element.
    public static func * (a: Tensor, b: Tensor) throws(TorchError) -> Tensor { try binary(CT_MULTIPLY, a, b) }
    /// Quotient, element by element.
    public static func / (a: Tensor, b: Tensor) throws(TorchError) -> Tensor { try binary(CT_DIVIDE, a, b) }
    /// Sum with a number.
    public static func + (a: Tensor, b: Double) throws(TorchError) -> Tensor { try scalar(CT_ADD, a, b) }
    /// Difference with a number.
    public static func - (a: Tensor, b: Double) throws(TorchError) -> Tensor { try scalar(CT_SUBTRACT, a, b) }
    /// Product with a number.
    public static func * (a: Tensor, b: Double) throws(TorchError) -> Tensor { try scalar(CT_MULTIPLY, a, b) }
    /// Quotient by a number.
    public static func / (a: Tensor, b: Double) throws(TorchError) -> Tensor { try scalar(CT_DIVIDE, a, b) }
    /// Sum with a number.
    public static func + (a: Double, b: Tensor) throws(TorchError) -> Tensor { try scalar(CT_ADD, b, a) }
    /// Difference from a number.
    public static func - (a: Double, b: Tensor) throws(TorchError) -> Tensor {
        try scalar(CT_SUBTRACT, b, a, reversed: true)
    }
    /// Product with a number.
    public static func * (a: Double, b: Tensor) throws(TorchError) -> Tensor { try scalar(CT_MULTIPLY, b, a) }
    /// A number divided by each element.
    public static func / (a: Double, b: Tensor) throws(TorchError) -> Tensor {
        try scalar(CT_DIVIDE, b, a, reversed: true)
    }
    /// Negation.
    public static prefix func - (a: Tensor) throws(TorchError) -> Tensor { try a.unary(CT_NEGATE) }

    /// Greater of two, element by element.
    public func maximum(_ other: Tensor) throws(TorchError) -> Tensor { try Self.binary(CT_MAXIMUM, self, other) }
    /// Smaller of two, element by element.
    public func minimum(_ other: Tensor) throws(TorchError) -> Tensor { try Self.binary(CT_MINIMUM, self, other) }
    /// The angle, within −π…π, of the point whose ordinate is an element of self and whose abscissa is one of `abscissa`.
    public func arcTangent(abscissa: Tensor) throws(TorchError) -> Tensor { try Self.binary(CT_ATAN2, self, abscissa) }
    /// Each element to this power.
    public func power(_ exponent: Double) throws(TorchError) -> Tensor { try Self.scalar(CT_POWER, self, exponent) }

    /// A number to the power of each element.
    public static func power(_ base: Double, _ exponents: Tensor) throws(TorchError) -> Tensor {
        try scalar(CT_POWER, exponents, base, reversed: true)
    }

    /// Absolute value.
    public func abs() throws(TorchError) -> Tensor { try unary(CT_ABS) }
    /// e to each element.
    public func exp() throws(TorchError) -> Tensor { try unary(CT_EXP) }
    /// Natural logarithm.
    public func log() throws(TorchError) -> Tensor { try unary(CT_LOG) }
    /// Square root.
    public func sqrt() throws(TorchError) -> Tensor { try unary(CT_SQRT) }
    /// Sine.
    public func sin() throws(TorchError) -> Tensor { try unary(CT_SIN) }
    /// Cosine.
    public func cos() throws(TorchError) -> Tensor { try unary(CT_COS) }
    /// Hyperbolic tangent.
    public func tanh() throws(TorchError) -> Tensor { try unary(CT_TANH) }
    /// Logistic function.
    public func sigmoid() throws(TorchError) -> Tensor { try unary(CT_SIGMOID) }
    /// GELU by the error function, or by its tanh approximation.
    public func gelu(tanhApproximation: Bool = false) throws(TorchError) -> Tensor {
        try unary(tanhApproximation ? CT_GELU_TANH : CT_GELU)
    }
    /// log(1 + e to each element), a smooth ReLU.
    public func softplus() throws(TorchError) -> Tensor { try unary(CT_SOFTPLUS) }
    /// x × logistic function of x.
    public func silu() throws(TorchError) -> Tensor { try unary(CT_SILU) }
    /// x × tanh(softplus(x)).
    public func mish() throws(TorchError) -> Tensor { try unary(CT_MISH) }
    /// Greatest integer below.
    public func floor() throws(TorchError) -> Tensor { try unary(CT_FLOOR) }
    /// True where an element is neither NaN nor infinite.
    public func isFinite() throws(TorchError) -> Tensor { try unary(CT_IS_FINITE) }
    /// Logical and.
    public func and(_ other: Tensor) throws(TorchError) -> Tensor { try Self.binary(CT_AND, self, other) }
    /// Logical or.
    public func or(_ other: Tensor) throws(TorchError) -> Tensor { try Self.binary(CT_OR, self, other) }

    /// x where positive, else x × `slope`.
    public func leakyReLU(_ slope: Double) throws(TorchError) -> Tensor {
        try make { ct_leaky_relu(handle, slope, $0) }
    }
    /// Limits each element to `low…high`; infinities mean no limit.
    public func clamp(low: Double = -.infinity, high: Double = .infinity) throws(TorchError) -> Tensor {
        try make { ct_clamp(handle, low, high, $0) }
    }

    /// A bool tensor: smaller than a number.
    public func less(than value: Double) throws(TorchError) -> Tensor { try Self.scalar(CT_LESS, self, value) }
    /// A bool tensor: smaller element by element.
    public func less(than other: Tensor) throws(TorchError) -> Tensor { try Self.binary(CT_LESS, self, other) }
    /// A bool tensor: smaller or equal element by element.
    public func lessOrEqual(_ other: Tensor) throws(TorchError) -> Tensor {
        try Self.binary(CT_LESS_EQUAL, self, other)
    }
    /// A bool tensor: greater than a number.
    public func greater(than value: Double) throws(TorchError) -> Tensor { try Self.scalar(CT_GREATER, self, value) }
    /// A bool tensor: greater element by element.
    public func greater(than other: Tensor) throws(TorchError) -> Tensor { try Self.binary(CT_GREATER, self, other) }

    /// `a` where this bool tensor is true, else `b`.
    public func select(_ a: Tensor, _ b: Tensor) throws(TorchError) -> Tensor {
        try make { ct_where(handle, a.handle, b.handle, $0) }
    }

    // MARK: In place

    /// Adds `other × alpha` to this tensor's memory.
    public func add(inPlace other: Tensor, alpha: Double = 1) throws(TorchError) {
        try act { ct_add_in_place(handle, other.handle, alpha, $0) }
    }
    /// Adds `first × second`, element by element, to this tensor's memory.
    public func add(inPlace first: Tensor, times second: Tensor) throws(TorchError) {
        try act { ct_add_product_in_place(handle, first.handle, second.handle, $0) }
    }
    /// Multiplies this tensor's memory by `other`.
    public func multiply(inPlace other: Tensor) throws(TorchError) {
        try act { ct_multiply_in_place(handle, other.handle, $0) }
    }
    /// Multiplies this tensor's memory by a number.
    public func scale(inPlace value: Double) throws(TorchError) { try act { ct_scale_in_place(handle, value, $0) } }
    /// Sets every element of this tensor's memory.
    public func fill(inPlace value: Double) throws(TorchError) { try act { ct_fill_in_place(handle, value, $0) } }
    /// Copies `source` into this tensor's memory, converting and broadcasting.
    public func copy(inPlace source: Tensor) throws(TorchError) {
        try act { ct_copy_in_place(handle, source.handle, $0) }
    }
    /// ReLU on this tensor's memory.
    public func reluInPlace() throws(TorchError) -> Tensor {
        try act { ct_relu_in_place(handle, $0) }
        return self
    }
    /// Limits each element of this tensor's memory to `low…high`.
    public func clamp(inPlaceLow low: Double, high: Double = .infinity) throws(TorchError) -> Tensor {
        try act { ct_clamp_in_place(handle, low, high, $0) }
        return self
    }
    /// Leaky ReLU on this tensor's memory.
    public func leakyReLU(inPlace slope: Double) throws(TorchError) -> Tensor {
        try act { ct_leaky_relu_in_place(handle, slope, $0) }
        return self
    }
}
