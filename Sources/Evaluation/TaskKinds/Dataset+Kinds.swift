import Datasets
import Findings
import Models

extension Dataset {
  /// Which outputs of a head the classes of these data are. Where labels are not one class an example, that is told by name
  /// alone, where the head has more outputs than the data, or the same in another order; else it is nil, after a look at
  /// whether the head has as many outputs as the data speak of.
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
    let isNamed = namesClasses && Self.areNames(head.classNames)
    let isOther =
      head.classNames.count > names.count || (head.classNames != names && Set(head.classNames) == Set(names))
    if kind.objectionToGrowth == nil, statedClasses != nil || (isNamed && isOther) {
      return try classMatch(to: task, among: heads)
    }
    // Numbers that no name stands for are the head's own.
    let fits = classNames.isEmpty ? names.count <= head.classNames.count : names.count == head.classNames.count
    guard fits else {
      throw EvaluationError.classCountMismatch(task: task, head: head.classNames.count, dataset: names.count)
    }
    return nil
  }
}
