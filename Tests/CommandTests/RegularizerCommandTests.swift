import Foundation
import TestSupport
import Testing

/// Every regularizer through the command, and what comes after training.
@Suite(.serialized) struct RegularizerCommandTests {
  private let data = Repository.fixture("fashion-mnist-small")
  private let folder: TemporaryFolder

  /// A small source model, which has measured its own path for SI.
  init() throws {
    folder = try TemporaryFolder()
    let base = folder.file("base.h5")
    let new = try Command("new", "mlp", "--input", "1x28x28", "--classes", "5", "-o", base)
    #expect(new.status == 0, "\(new.errors)")
    let train = try Command(
      "train", base, "--data", data + ":0-4", "--epochs", "1", "--lr", "0.02", "--regularizer", "si", "-o",
      folder.file("source"))
    #expect(train.status == 0, "\(train.errors)")
  }

  private func tune(_ options: String..., run: String = "run", source: String = "source") throws -> Command {
    try Command(
      array: [
        "finetune", folder.file(source), "--source", data + ":0-4", "--target", data + ":5-9", "--lr", "0.02", "-o",
        folder.file(run),
      ] + options)
  }

  private func json(_ text: String) throws -> [String: Any] {
    try #require(try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any], "\(text)")
  }

  @Test(arguments: [
    "l2:beta=0.01", "l2-sp:alpha=0.1,beta=0.01", "l1-sp", "gl-sp", "l2-sp-fisher:samples=10", "gl-sp-fisher:samples=10",
    "ewc:samples=10,lambda=1", "ewc:samples=10,fisher=empirical,lambda=1", "ewc:fisher=batched,lambda=1", "si",
    "mas:samples=10,lambda=0.01", "lwf", "delta", "delta:attention=1,layers=layers.0", "bss", "replay:count=50",
    "der++:count=50",
  ])
  func anEpochUnderEach(_ specification: String) throws {
    let command = try tune("--regularizer", specification, "--epochs", "1", "--json")
    #expect(command.status == 0, "\(command.errors)")
    let epochs = try #require(try json(command.output)["epochs"] as? [[String: Any]])
    #expect((epochs[0]["regularizers"] as? [Any])?.isEmpty == true)
    let doses = try #require(epochs[1]["regularizers"] as? [[String: Any]])
    #expect(doses.count == 1)
    let dose = try #require(doses.first)
    #expect(dose["name"] as? String == String(specification.prefix { $0 != ":" }))
    #expect(try #require(dose["penalty"] as? Double) > 0, "\(dose)")
    #expect(try #require(dose["gradientRatio"] as? Double) > 0, "\(dose)")
    let share = try #require(dose["lossShare"] as? Double)
    #expect(share > 0 && share < 1, "\(dose)")
  }

  @Test func severalAtOnceAreShownStoredAndDrawn() throws {
    let command = try tune(
      "--regularizer", "l2-sp:alpha=0.1,beta=0.01", "--regularizer", "lwf:temperature=2", "--epochs", "2", "--decoupled"
    )
    #expect(command.status == 0, "\(command.errors)")
    #expect(command.output.contains("L2-SP pulls on") && command.output.contains("LwF holds the answers"))
    let lines = command.output.split(separator: "\n")
    #expect(lines.filter { $0.contains("l2-sp: penalty") && $0.contains("pulls") }.count == 2, "\(command.output)")
    #expect(lines.filter { $0.contains("lwf: penalty") && $0.contains("of the loss, gradient") }.count == 2)
    #expect(try Command("report", folder.file("run")).status == 0)
    let file = try String(contentsOfFile: folder.file("run/dose.csv"), encoding: .utf8)
    let table = file.split(whereSeparator: \.isNewline)
    #expect(table.first == "run,epoch,regularizer,penalty,loss_share,gradient_ratio,pulled_back")
    #expect(table.count == 5)
    let page = try String(contentsOfFile: folder.file("run/report.html"), encoding: .utf8)
    #expect(page.contains("Dose of regularization") && page.contains("times as hard as the task"))
    #expect(try Command("verify", folder.file("run")).status == 0)
  }

  @Test func theLineBetweenTwoCheckpoints() throws {
    let tuned = try tune("--epochs", "1")
    #expect(tuned.status == 0, "\(tuned.errors)")
    let line = try Command(
      "interpolate", folder.file("run"), "--source", data + ":0-4", "--target", data + ":5-9", "--points", "3", "--json"
    )
    #expect(line.status == 0, "\(line.errors)")
    // A run knows its data.
    #expect(try Command("interpolate", folder.file("run"), "--points", "3", "--json").output == line.output)
    let points = try #require(try json(line.output)["points"] as? [[String: Any]])
    #expect(points.compactMap { $0["lambda"] as? Double } == [0, 0.5, 1])
    // The ends are what the run itself measured.
    for (point, options) in [
      (points[0], ["evaluate", folder.file("run/checkpoints/epoch-0000.h5")]),
      (points[2], ["evaluate", folder.file("run")]),
    ] {
      for (role, name) in [("source", data + ":0-4"), ("target", data + ":5-9")] {
        let own = try json(try Command(array: options + ["--data", name, "--json"]).output)
        let found = try #require(point[role] as? [String: Any])
        #expect(found["accuracy"] as? Double == own["accuracy"] as? Double, "\(role)")
        #expect(found["loss"] as? Double == own["loss"] as? Double, "\(role)")
      }
    }
    let written = folder.file("between.h5")
    #expect(try Command("interpolate", folder.file("run"), "--lambda", "0.5", "-o", written).status == 0)
    let middle = try json(try Command("evaluate", written, "--data", data + ":0-4", "--json").output)
    #expect(middle["loss"] as? Double == (points[1]["source"] as? [String: Any])?["loss"] as? Double)
    #expect(try Command("verify", written).status == 0)
  }

  @Test func badInputIsOneLineWithItsStatus() throws {
    let run = folder.file("never")
    let tune = [
      "finetune", folder.file("source"), "--source", data + ":0-4", "--target", data + ":5-9", "-o", run,
      "--regularizer",
    ]
    let train = ["train", folder.file("base.h5"), "--data", data + ":0-4", "-o", run, "--regularizer"]
    let line = ["interpolate", folder.file("source")]
    let cases: [(Int32, [String], String)] = [
      (64, tune + ["ewk"], "did you mean ewc"),
      (64, tune + ["ewc:lamda=1"], "known: lambda, fisher, samples, batch"),
      (64, tune + ["ewc:lambda=1e12,samples=5"], "largest stable strength"),
      (64, tune + ["lwf", "--decoupled"], "can"),
      (64, tune + ["l2-sp", "--regularize", "layer.0"], "did you mean 'layers.0'"),
      (64, tune + ["delta:layers=layer.0"], "did you mean 'layers.0'"),
      (64, train + ["lwf"], "needs the source task's head"),
      (64, train + ["replay"], "needs examples of the source task"),
      (64, line + [folder.file("source")], "nothing to do"),
      (64, line + ["--lambda", "2.5", "-o", run], "from 0 to 2"), (64, line + ["--to", "3"], "from 0 to 2"),
      (64, line + ["-o", run], "--lambda"),
      (64, line + ["--source", data + ":0-4", "--points", "1"], "at least 2"),
      (64, line + ["--source", data + ":0-4", "--reestimate", "target"], "--target DATA"),
      (65, line + ["--source", data + ":0-3"], "the head has 5 classes, the dataset 4"),
      (66, line + [folder.file("nowhere.h5"), "--source", data + ":0-4"], "no such file"),
    ]
    for (status, arguments, message) in cases {
      let command = try Command(array: arguments)
      #expect(command.status == status, "\(arguments): \(command.errors)")
      let lines = command.errorLines.filter { $0.hasPrefix("lethe: ") }
      #expect(lines.count == 1 && lines[0].contains(message), "\(arguments): \(command.errors)")
      #expect(!FileManager.default.fileExists(atPath: run), "\(arguments) left something behind")
    }
  }

  @Test func siWithoutAPathSaysHowToGetOne() throws {
    let plain = try Command(
      "train", folder.file("base.h5"), "--data", data + ":0-4", "--epochs", "1", "-o", folder.file("plain"))
    #expect(plain.status == 0, "\(plain.errors)")
    let command = try tune("--regularizer", "si", source: "plain")
    #expect(command.status == 64 && command.errors.contains("lethe train --regularizer si"), "\(command.errors)")
  }

  @Test func helpListsEveryKind() throws {
    let help = try Command("finetune", "--help-all").output
    for name in [
      "l2:beta=0.01", "l2-sp:alpha=0.1,beta=0.01", "l1-sp:", "gl-sp:", "l2-sp-fisher:", "gl-sp-fisher:", "ewc:lambda=",
      "si:", "mas:", "lwf:", "delta:", "bss:", "replay:", "der++:",
    ] { #expect(help.contains("\n        " + name), "\(name)") }
  }
}
