import Findings
import Metrics
import Reports

extension MeanValue {
  init(_ interval: MeanInterval) { self.init(mean: interval.mean, low: interval.low, high: interval.high) }

  /// - Parameter values: one a repetition, at least one.
  init(of values: [Double]) {
    self.init(MeanInterval(values))
    self.values = values
  }

  /// As JSON.
  var fields: [(String, JSONValue)] {
    [
      ("accuracy", .double(mean)), ("low", .double(low)), ("high", .double(high)),
      ("values", .array(values.map { .double($0) })),
    ]
  }
}
