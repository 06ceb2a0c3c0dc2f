import Synchronization

/// A value that tests can wait on: ``wait(until:)`` returns as soon as a change makes the condition true.
public final class Observed<Value: Sendable>: Sendable {
    private struct State {
        var value: Value
        var nextWaiter = 0
        var waiters: [Int: Waiter] = [:]
    }

    private struct Waiter {
        var condition: @Sendable (Value) -> Bool
        var continuation: CheckedContinuation<Value?, Never>
    }

    private let state: Mutex<State>

    /// Creates an observed value.
    public init(_ value: Value) {
        state = Mutex(State(value: value))
    }

    /// The value now.
    public var value: Value { state.withLock(\.value) }

    /// Changes the value and wakes whoever waited for this.
    @discardableResult
    public func update<T: Sendable>(_ change: @Sendable (inout Value) -> T) -> T {
        let (result, woken, value) = state.withLock { state in
            let result = change(&state.value)
            let value = state.value
            let woken = state.waiters.filter { $0.value.condition(value) }
            for id in woken.keys { state.waiters[id] = nil }
            return (result, Array(woken.values), value)
        }
        for waiter in woken { waiter.continuation.resume(returning: value) }
        return result
    }

    /// Returns the value once the condition holds.
    ///
    /// - Throws: `CancellationError`.
    @discardableResult
    public func wait(until condition: @escaping @Sendable (Value) -> Bool) async throws -> Value {
        let id = state.withLock { state in
            state.nextWaiter += 1
            return state.nextWaiter
        }
        let value: Value? = await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let (isOver, value) = state.withLock { state -> (Bool, Value?) in
                    if Task.isCancelled { return (true, nil) }
                    if condition(state.value) { return (true, state.value) }
                    state.waiters[id] = Waiter(condition: condition, continuation: continuation)
                    return (false, nil)
                }
                if isOver { continuation.resume(returning: value) }
            }
        } onCancel: {
            state.withLock { $0.waiters.removeValue(forKey: id) }?.continuation.resume(returning: nil)
        }
        guard let value else { throw CancellationError() }
        return value
    }
}
