import Findings

extension RunReport {
  /// The calibration error by epoch, of each run and task; nil where no run has measured it.
  public func confidenceChart() -> LineChart? {
    let series = confident.flatMap { run in
      [("source", \EpochFinding.source), ("target", \EpochFinding.target)].compactMap { task, scored in
        let points = run.epochs.compactMap { epoch -> LineChart.Point? in
          guard let confidence = epoch[keyPath: scored]?.confidence, task == "source" || !epoch.targetHeadIsNew
          else { return nil }
          return LineChart.Point(epoch: epoch.epoch, value: 100 * confidence.calibrationError)
        }
        guard !points.isEmpty, task == "source" || !confident.contains(where: \.hasConfidentSource) else {
          return nil as LineChart.Series?
        }
        return LineChart.Series(name: runs.count > 1 ? run.name : task, points: points, color: color(of: run))
      }
    }
    guard !series.isEmpty else { return nil }
    let hasSource = confident.contains(where: \.hasConfidentSource)
    let ends = confident.compactMap { run -> String? in
      let scored = hasSource ? run.after?.source : run.after?.target
      return scored?.confidence.map {
        NumberText.percent($0.calibrationError) + (confident.count > 1 ? " in \(run.name)" : "")
      }
    }
    guard !ends.isEmpty else { return nil }
    var chart = LineChart(
      title: "Calibration error on the \(hasSource ? "source" : "target") came to \(listed(ends))",
      subtitle: "how far confidence is from accuracy on the test examples, 15 bins; less is better",
      valueTitle: "calibration error (%)", decimals: 1, series: series)
    chart.startsAtZero = true
    return chart
  }

  /// The figures of each run and task, before and after.
  public func confidenceTable() -> TextTable {
    var table = TextTable([.init("run"), .init("task")] + ConfidenceChange.columns)
    for run in confident {
      for (task, change) in [("source", run.confidence?.source), ("target", run.confidence?.target)] {
        for row in change?.rows() ?? [] { table.append([run.name, task] + row) }
      }
    }
    return table
  }

  /// Of each run, whether its confidence is worth more or less.
  var confidenceSentences: [String] {
    runs.compactMap { run in run.confidenceWords.map { "\(run.name): \($0)." } }
  }

  private var confident: [RunFinding] {
    runs.filter { $0.epochs.contains { $0.source?.confidence != nil || $0.target?.confidence != nil } }
  }
}

extension RunFinding {
  fileprivate var hasConfidentSource: Bool { epochs.contains { $0.source?.confidence != nil } }

  /// Whether what the model says of its own certainty on the source is worth more or less; nil where no change of it is
  /// established.
  var confidenceWords: String? {
    guard let change = confidence?.source, let verdict = change.verdict else { return nil }
    return "confidence on \(sourceTask ?? "the source task") \(verdict): \(change.words)"
  }
}
