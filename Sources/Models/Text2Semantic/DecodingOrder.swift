/// How the Python server walks through the texts of one request. The ways differ in the order of random draws, and in
/// which token an early stop loses.
public enum DecodingOrder: Sendable, Hashable {
    /// All texts side by side (`parallel_infer`). Without a prompt it is one after the other instead, with the default
    /// repetition penalty in place of the caller's.
    case sideBySide
    /// One text after the other.
    case oneByOne
    /// One text after the other, spoken while its tokens come: none of them is cut off at the end.
    case streamed
}
