import Files
import Foundation
import Training

extension RunCollection {
  /// Trains what is not there yet beside other processes that do the same: each run is trained by one of them.
  ///
  /// - Parameters:
  ///   - points: in an order in which each finds what it needs.
  ///   - need: the run that has to be there before a point is trained.
  ///   - onPoint: told a point before this process trains it (false), and when it is there (true).
  ///   - train: leaves a finished run, or nothing where there is nothing to be had.
  func together<Point>(
    _ points: [Point], named name: (Point) -> String, after need: (Point) -> String? = { _ in nil },
    isCancelled: () -> Bool, onPoint: (Point, Bool) throws -> Void, train: (Point) throws -> Void
  ) throws {
    let locks = "\(path)/locks"
    try FileManager.default.createDirectory(atPath: locks, withIntermediateDirectories: true)
    var open = points
    while !open.isEmpty {
      var left: [Point] = []
      for point in open {
        let isHere = try finished(name(point)) != nil || trained(point)
        if isHere { try onPoint(point, true) } else { left.append(point) }
        if isCancelled() { throw TrainingError.interrupted(epoch: 0) }
      }
      // The others are at what is left.
      if left.count == open.count { Thread.sleep(forTimeInterval: 0.3) }
      open = left
    }
    /// False where another process has it, or what it needs is not there.
    func trained(_ point: Point) throws -> Bool {
      if let need = need(point), finished(need) == nil { return false }
      return try FileLock.holding("\(locks)/\(name(point))") {
        guard finished(name(point)) == nil else { return }
        try onPoint(point, false)
        try train(point)
      } != nil
    }
  }
}
