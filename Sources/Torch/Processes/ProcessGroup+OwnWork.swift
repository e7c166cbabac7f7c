extension ProcessGroup {
  /// Does work that no other process takes part in, until it is done or another one ends with an error, which is looked for
  /// once a second at most. One that ends without a word is not noticed.
  ///
  /// - Parameters:
  ///   - isCancelled: whether this process is asked to stop.
  ///   - body: given what it is to ask in place of `isCancelled`: whether this process or all of them end.
  /// - Throws: what `body` throws; ``ProcessError/broken(operation:reason:)`` where it was stopped for another process.
  public func apart<Result>(
    isCancelled: () -> Bool, _ body: (_ isCancelled: () -> Bool) throws -> Result
  ) throws -> Result {
    var lastLook = ContinuousClock.now
    var isGivenUp = false
    do {
      return try withoutActuallyEscaping(isCancelled) { isCancelled in
        try body {
          if isCancelled() { return true }
          guard !isGivenUp, lastLook.duration(to: .now) > .seconds(1) else { return isGivenUp }
          lastLook = .now
          isGivenUp = whileReachable { [self] in text(Self.endMark, within: 0.001) != nil } ?? false
          return isGivenUp
        }
      }
    } catch {
      guard isGivenUp, !isCancelled() else { throw error }
      throw ProcessError.broken(operation: "the work", reason: "another one ended")
    }
  }
}
