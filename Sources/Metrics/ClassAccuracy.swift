/// How many examples of one class were classified correctly.
public struct ClassAccuracy: Sendable, Codable, Equatable {
  /// Examples of this class.
  public let count: Int
  /// Those of them that were predicted to be of this class.
  public let correct: Int

  /// Creates a class's result from its counts.
  public init(count: Int, correct: Int) {
    precondition(correct >= 0 && correct <= count, "\(correct) correct of \(count)")
    self.count = count
    self.correct = correct
  }

  /// Share of the class's examples that were correct (its recall); `nil` for a class without examples.
  public var accuracy: Double? {
    count == 0 ? nil : Double(correct) / Double(count)
  }
}

/// Share of predictions that equal their label; NaN when there are none.
public func accuracy(predictions: [Int32], labels: [Int32]) -> Double {
  precondition(predictions.count == labels.count, "\(predictions.count) predictions for \(labels.count) labels")
  return Double(zip(predictions, labels).count { $0 == $1 }) / Double(labels.count)
}

/// The result of each class, in order of class.
///
/// - Parameters:
///   - predictions: predicted class of each example; any value, as a head may have more classes than the labels.
///   - labels: true class of each example, from 0 up to `classCount`.
public func perClassAccuracy(predictions: [Int32], labels: [Int32], classCount: Int) -> [ClassAccuracy] {
  precondition(predictions.count == labels.count, "\(predictions.count) predictions for \(labels.count) labels")
  var counts = [Int](repeating: 0, count: classCount)
  var correct = counts
  for (prediction, label) in zip(predictions, labels) {
    precondition(label >= 0 && label < classCount, "label \(label) with \(classCount) classes")
    counts[Int(label)] += 1
    if prediction == label { correct[Int(label)] += 1 }
  }
  return zip(counts, correct).map { ClassAccuracy(count: $0, correct: $1) }
}
