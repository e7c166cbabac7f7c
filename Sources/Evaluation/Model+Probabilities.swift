import Datasets
import Models
import Torch

extension Model {
  /// The likeliest classes of each example by the head in place, the likeliest first; equal ones in the order of their
  /// numbers.
  ///
  /// - Parameters:
  ///   - count: how many of each, where there are so many.
  ///   - batchSize: examples that go through the model at a time.
  /// - Returns: how many classes the head has, and for each example classes with their softmax over all of these, computed
  ///   in float64.
  /// - Throws: ``EvaluationError`` where the data does not fit the model, `DatasetError` where an image cannot be read.
  public func likeliestClasses(
    _ count: Int, of split: Split, dataset: String, batchSize: Int = 64
  ) throws -> (classCount: Int, examples: [[(label: Int, probability: Double)]]) {
    try checkInputs(of: split, dataset: dataset)
    var classCount = 0
    var examples: [[(label: Int, probability: Double)]] = []
    try withoutGradients {
      for batch in try Batches(split: split, batchSize: batchSize, device: device) {
        let logits = try run(try batch.modelInputs(for: self)).logits
        let probabilities = try logits.to(.float64).softmax(along: 1).array(of: Double.self)
        classCount = probabilities.count / batch.indices.count
        for position in batch.indices.indices {
          let own = probabilities[position * classCount..<(position + 1) * classCount].enumerated()
          let sorted = own.sorted { ($1.element, $0.offset) < ($0.element, $1.offset) }
          examples.append(sorted.prefix(count).map { (label: $0.offset, probability: $0.element) })
        }
      }
    }
    return (classCount, examples)
  }
}
