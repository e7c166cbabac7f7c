import Dispatch

/// What a function makes of each number from 0 on, computed on all cores.
///
/// - Parameters:
///   - count: how many numbers there are.
///   - body: called once with each, in any order.
/// - Returns: by number.
public func sideBySide<Value: Sendable>(_ count: Int, _ body: @Sendable (Int) -> Value) -> [Value] {
  [Value](unsafeUninitializedCapacity: count) { buffer, initializedCount in
    // Every iteration writes to a place of its own.
    nonisolated(unsafe) let target = buffer
    DispatchQueue.concurrentPerform(iterations: count) { target.initializeElement(at: $0, to: body($0)) }
    initializedCount = count
  }
}
