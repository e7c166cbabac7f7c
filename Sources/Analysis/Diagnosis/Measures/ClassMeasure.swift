import Findings
import Metrics

/// What became of each of the source's classes.
struct ClassMeasure {
  private let models: ComparedModels

  init(_ models: ComparedModels) { self.models = models }

  /// In the order of the data's classes.
  func classes() throws -> [ClassChange] {
    let (start, end) = (try models.answersBefore(), try models.answersAfter().source)
    let labels = models.sourceTest.labels
    let names = models.source.classNames
    return (models.classes.source?.outputs ?? Array(names.indices)).map { label in
      let own = labels.indices.filter { labels[$0] == label }
      let (first, last) = (own.map { start[$0] }, own.map { end[$0] })
      return ClassChange(
        names[label], before: accuracy(first), after: accuracy(last), PairedComparison(before: first, after: last))
    }
  }
}
