import Datasets
import Metrics
import Torch

/// How many labels are classes, rather than left out.
func countOfClasses(in labels: Tensor) throws -> Double {
  Double(labels.count) - (try labels.equals(Int(Dataset.ignoredLabel)).sum().item())
}

/// Mean cross-entropy over the labels that are classes; 0 where none is. With weights of classes the weighted mean, whose
/// probabilities are all there at a time, and which knows no weights by probability.
///
/// - Parameters:
///   - outputs: `[rows, classes, …]`.
///   - labels: `[rows, …]`, −100 where one is left out.
func classLoss(of outputs: Tensor, labels: Tensor, settings: LossSettings) throws -> Tensor {
  let (logits, labels) = try settings.classes?.taking(outputs, labels) ?? (outputs, labels)
  if let weights = settings.classWeights {
    return try logits.widened().crossEntropy(
      with: labels, classWeights: settings.classes?.taking(weights: weights) ?? weights,
      labelSmoothing: settings.labelSmoothing)
  }
  return try logits.slicedCrossEntropy(
    with: labels, labelSmoothing: settings.labelSmoothing, weighsByProbability: settings.weighsByProbability)
}

/// Of counts by output, the share of some; NaN where nothing was counted.
func share(of outputs: Set<Int>, in counts: [Double]) -> Double {
  counts.indices.reduce(0) { $0 + (outputs.contains($1) ? counts[$1] : 0) } / counts.reduce(0, +)
}

/// Outputs whose probabilities are there at a time: 8 MiB of float32.
private let outputsOfSlice = 1 << 21

/// Of each example: the summed cross-entropy, the number of labels that count, and those whose class is the likeliest.
///
/// - Parameters:
///   - labels: `[batch, …]`, −100 where one is left out.
///   - classAxis: of the outputs: 1 as in `[batch, classes, height, width]`, or the last.
func classSums(of outputs: Tensor, labels: Tensor, classAxis: Int) throws -> ExampleSums {
  let count = labels.shape[0]
  let isLast = classAxis == outputs.shape.count - 1 && classAxis > 1
  let rows = isLast ? try outputs.reshaped([-1, outputs.shape[classAxis]]) : outputs
  let flat = isLast ? try labels.reshaped([-1]) : labels
  var (losses, right): ([Tensor], [Tensor]) = ([], [])
  let length = max(1, outputsOfSlice / max(1, rows.count / max(1, rows.shape[0])))
  for start in stride(from: 0, to: rows.shape[0], by: length) {
    let size = min(length, rows.shape[0] - start)
    let slice = try rows.narrowed(from: start, count: size).widened()
    let own = try flat.narrowed(from: start, count: size)
    losses.append(try slice.crossEntropy(with: own, reduction: .none))
    right.append(try slice.argmax(along: 1).equals(own))
  }
  func byExample(_ values: Tensor) throws -> [Double] {
    try values.to(.float64).reshaped([count, -1]).sum(along: [1]).array(of: Double.self)
  }
  let columns = [
    try byExample(Tensor.concatenated(losses)),
    try byExample(labels.equals(Int(Dataset.ignoredLabel)).negated()),
    try byExample(Tensor.concatenated(right)),
  ]
  return ExampleSums(width: 3, values: (0..<count).flatMap { row in columns.map { $0[row] } })
}

/// What is wrong with classes; nil of sound ones.
func classFault(in values: [Double], classCount: Int?, noun: String) -> String? {
  let bad = values.first { value in
    value != Double(Dataset.ignoredLabel) && (value < 0 || classCount.map { value >= Double($0) } ?? false)
  }
  guard let bad else { return nil }
  let range = classCount.map { "0 to \($0 - 1)" } ?? "0 and above"
  return "has \(noun) \(Int(exactly: bad).map(String.init) ?? "\(bad)"), expected \(range), or −100 for none"
}
