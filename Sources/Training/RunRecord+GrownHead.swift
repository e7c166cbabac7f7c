import Checkpoints

extension RunRecord {
  /// Whether it is of a sequence in which one head grows with every task.
  public var growsHead: Bool { data.tasks.first?.data.head == TaskSequence.grownTask }
}
