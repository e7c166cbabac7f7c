import Datasets
import Findings
import Models

extension Dataset {
  /// Which outputs of a head the classes of these data are; nil of a kind of task whose labels are not one class an
  /// example, after a look at whether the head has as many outputs as the data speak of.
  ///
  /// - Throws: `ModelError.missingHead`, and ``EvaluationError`` where the head does not fit.
  public func match(
    to task: String, among heads: [String: some ClassifierHead], kind: any TaskKind
  ) throws -> ClassMatch? {
    guard !kind.isClassification else { return try classMatch(to: task, among: heads) }
    guard let head = heads[task] else {
      throw ModelError.missingHead(task: task, available: heads.keys.sorted())
    }
    guard let names = kind.outputNames(of: self) else { return nil }
    // Numbers that no name stands for are the head's own.
    let fits = classNames.isEmpty ? names.count <= head.classNames.count : names.count == head.classNames.count
    guard fits else {
      throw EvaluationError.classCountMismatch(task: task, head: head.classNames.count, dataset: names.count)
    }
    return nil
  }
}
