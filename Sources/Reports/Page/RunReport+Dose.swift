import Findings

extension RunReport {
  static let doseNote =
    "Penalty: mean over an epoch's steps. Of the loss: the penalty over the task's loss and all penalties. Gradient: "
    + "the norm of its gradient over the norm of the task's, on the parameters where it has one, on up to 8 steps of "
    + "an epoch. Pulled back: the share of a displacement that it takes back within an epoch by itself, "
    + "1 − Π (1 − learning rate × strength), momentum not counted."

  /// The ratio of each regularizer's gradient to the task's, by epoch; nil where no run has one.
  public func doseChart() -> LineChart? {
    let series = dosed.flatMap { run, names in
      names.map { name in
        LineChart.Series(
          name: dosed.count > 1 ? "\(run.name): \(name)" : name,
          points: run.epochs.compactMap { epoch in
            epoch.regularizers.first { $0.name == name }.map {
              LineChart.Point(epoch: epoch.epoch, value: $0.gradientRatio)
            }
          }, color: color(of: run))
      }
    }
    let all = series.flatMap { line in line.points.map { (name: line.name, point: $0) } }
      .filter(\.point.value.isFinite)
    guard let most = all.max(by: { $0.point.value < $1.point.value }) else { return nil }
    let ratio = NumberText.significant(most.point.value)
    var chart = LineChart(
      title: "\(most.name) pulled at most \(ratio) times as hard as the task (epoch \(most.point.epoch))",
      subtitle: "norm of the regularizer's gradient over the norm of the task's, mean of up to 8 steps an epoch",
      valueTitle: "gradient ratio", decimals: most.point.value >= 1 ? 2 : 3, series: series)
    chart.startsAtZero = true
    return chart
  }

  /// A row for each epoch and regularizer.
  func doseTable() -> TextTable {
    var table = TextTable([
      TextTable.Column("run"), .number("epoch"), .init("regularizer"), .number("penalty"), .number("of the loss"),
      .number("gradient"), .number("pulled back"),
    ])
    for run in runs {
      for epoch in run.epochs {
        for dose in epoch.regularizers {
          table.append([
            run.name, String(epoch.epoch), dose.name, NumberText.significant(dose.penalty),
            NumberText.percent(dose.lossShare), NumberText.significant(dose.gradientRatio),
            NumberText.percent(dose.pulledBack),
          ])
        }
      }
    }
    return table
  }

  /// The same as comma-separated values, fractions; nil where no run has a regularizer.
  func doseFile() -> String? {
    guard !dosed.isEmpty else { return nil }
    var file = CommaSeparatedValues(header: [
      "run", "epoch", "regularizer", "penalty", "loss_share", "gradient_ratio", "pulled_back",
    ])
    for run in runs {
      for epoch in run.epochs {
        for dose in epoch.regularizers {
          file.append(
            [run.name, String(epoch.epoch), dose.name]
              + [dose.penalty, dose.lossShare, dose.gradientRatio, dose.pulledBack].map(CommaSeparatedValues.number))
        }
      }
    }
    return file.text
  }

  /// The runs that have regularizers, with their names in order.
  private var dosed: [(run: RunFinding, names: [String])] {
    runs.compactMap { run in
      let names = union(run.epochs.map { $0.regularizers.map(\.name) })
      return names.isEmpty ? nil : (run, names)
    }
  }
}
