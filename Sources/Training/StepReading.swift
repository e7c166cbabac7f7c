import Torch

/// What a step comes to: what is read of it, and what still has to be read from the device.
struct StepReading {
  /// The task's loss over the batches that are read.
  private(set) var loss = 0.0
  /// What each regularizer adds, over the same and where the pulls are read.
  private(set) var penalties: [Double]
  /// Of each batch the task's loss, then what each regularizer adds; the graphs are not kept.
  private var batches: [[PendingNumber]] = []
  private var pulls: [PendingNumber] = []

  init(regularizerCount: Int) { penalties = Array(repeating: 0, count: regularizerCount) }

  /// Another batch's, to be read.
  mutating func add(_ losses: Trainer.Losses) { batches.append([losses.value] + losses.penalties) }

  /// What the next regularizer adds by itself, to be read.
  mutating func add(pull: PendingNumber) { pulls.append(pull) }

  /// All that is still to be read.
  var unread: [PendingNumber] { batches.joined() + pulls }

  /// A scalar on the device, 1 where a loss that is still to be read is not finite; nil where all are read.
  func marksNotFinite() throws -> Tensor? {
    try PendingNumber.marksNotFinite(Array(batches.joined()))
  }

  /// Puts what several processes have together, the loss and each penalty, in place of what this one has.
  mutating func take(together values: [Double]) { (loss, penalties) = (values[0], Array(values[1...])) }

  /// Takes what ``unread`` turned out to be.
  ///
  /// - Parameter check: called after each batch; may throw to go no further.
  mutating func take(_ values: ArraySlice<Double>, check: (StepReading) throws -> Void) throws {
    var rest = values
    for _ in batches {
      loss += rest.removeFirst()
      penalties = zip(penalties, rest).map { $0 + $1 }
      rest = rest.dropFirst(penalties.count)
      try check(self)
    }
    for (index, penalty) in zip(pulls.indices, rest) { penalties[index] += penalty }
    (batches, pulls) = ([], [])
  }
}
