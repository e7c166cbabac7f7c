import Foundation
import TestSupport
import Testing

@Suite(.serialized) struct TransferCommandTests {
  private let data = Repository.fixture("fashion-mnist-small")

  /// What stands beside the page.
  private func finding(in folder: String) throws -> NSDictionary {
    let data = try Data(contentsOf: URL(fileURLWithPath: folder + "/finding.json"))
    return try #require(try JSONSerialization.jsonObject(with: data) as? NSDictionary)
  }

  @Test func everyCutIsTrainedAndTheFolderGoesOn() throws {
    let folder = try TemporaryFolder()
    let (base, output) = (folder.file("base.h5"), folder.file("transfer"))
    #expect(try Command("new", "mlp", "--classes", "5", "-o", base).status == 0)
    let arguments = [
      "transfer", base, "--target", data + ":5-9", "--epochs", "1", "--examples", "200", "--seeds", "2", "-o", output,
      "--json",
    ]
    let first = try Command(array: arguments)
    #expect(first.status == 0, "\(first.errors)")
    let object = try #require(try JSONSerialization.jsonObject(with: Data(first.output.utf8)) as? [String: Any])
    let curves = try #require(object["curves"] as? [[String: Any]])
    #expect(curves.compactMap { $0["name"] as? String } == ["BnB", "BnB+", "AnB", "AnB+"])
    let point = try #require((curves[0]["points"] as? [[String: Any]])?.first)
    #expect(point["copiedLayers"] as? Int == 1 && (point["values"] as? [Double])?.count == 2)
    let scores = try #require(object["scores"] as? [[String: Any]])
    #expect(scores.compactMap { $0["name"] as? String }.prefix(2) == ["linear probe", "LogME"])
    #expect(scores.allSatisfy { ($0["values"] as? [Double])?.count == 1 }, "\(scores)")
    // The base network was never trained: it has no head to judge, and no source to forget.
    #expect((object["networkScores"] as? [String: Any])?.isEmpty == true)
    let trials = try #require(object["trials"] as? [[String: Any]])
    #expect((1...3).contains(trials.count) && trials.filter { $0["isRecommended"] as? Bool == true }.count == 1)
    #expect(try finding(in: output) == object as NSDictionary)
    for file in ["report.html", "transfer.svg", "transfer.csv"] {
      #expect(FileManager.default.fileExists(atPath: output + "/" + file), "\(file)")
    }
    // A run that is lost is trained again, to the same result.
    try FileManager.default.removeItem(atPath: output + "/runs/AnB-layers.0-seed1")
    try FileManager.default.removeItem(atPath: output + "/finding.json")
    let unfinished = try Command("report", output)
    #expect(unfinished.status == 65)
    // 2 of the own network, 2 each of four treatments at one cut, at most 6 trials; one run is lost.
    #expect(
      unfinished.errors.contains(
        "/transfer: an unfinished transfer, \(9 + trials.count * 2) of its at most 16 runs are done: "),
      "\(unfinished.errors)")
    try FileManager.default.removeItem(atPath: output + "/begun.json")
    let older = try Command("report", output)
    #expect(
      older.status == 65 && older.errors.contains("runs are done: its own command, given again, goes on with it"),
      "\(older.errors)")
    let again = try Command(array: arguments)
    #expect(again.output == first.output, "\(again.errors)")
    let other = try Command(array: arguments + ["--lr", "0.5"])
    #expect(other.status == 65 && other.errors.contains("begun with other options"), "\(other.errors)")
  }

  @Test func theRecommendedCommandDoesWhatTheTrialDid() throws {
    let folder = try TemporaryFolder()
    let (base, source) = (folder.file("base.h5"), folder.file("source"))
    #expect(try Command("new", "mlp", "--classes", "5", "-o", base).status == 0)
    #expect(
      try Command("train", base, "--data", data + ":half-a", "--epochs", "2", "--lr", "0.05", "-o", source).status == 0)
    let transfer = try Command(
      "transfer", source, "--target", data + ":half-b", "--quick", "--epochs", "2", "--lr", "0.05", "--batch-size",
      "32",
      "-o", folder.file("transfer"), "--json")
    #expect(transfer.status == 0, "\(transfer.errors)")
    let object = try #require(try JSONSerialization.jsonObject(with: Data(transfer.output.utf8)) as? [String: Any])
    let text = try #require(object["command"] as? String)
    // The data that the base was trained on are known from its run.
    #expect(text.contains("--source \(data):half-a ") && text.contains("--batch-size 32"), "\(text)")
    #expect((object["networkScores"] as? [String: Any])?.keys.sorted() == ["LEEP", "NCE"])
    let trials = try #require(object["trials"] as? [[String: Any]])
    let trial = try #require(trials.first { $0["isRecommended"] as? Bool == true })
    let words = text.split(separator: " ").dropFirst().dropLast(2).map(String.init)
    let tuned = try Command(array: words + ["-o", folder.file("run"), "--json"])
    #expect(tuned.status == 0, "\(tuned.errors)")
    let run = try #require(try JSONSerialization.jsonObject(with: Data(tuned.output.utf8)) as? [String: Any])
    let last = try #require((run["epochs"] as? [[String: Any]])?.last)
    func accuracy(_ task: String) -> Double? { (last[task] as? [String: Any])?["accuracy"] as? Double }
    #expect(accuracy("target") == trial["accuracy"] as? Double)
    let forgetting = (run["forgetting"] as? [String: Any])?["final"] as? Double
    #expect(abs(try #require(forgetting) - (try #require(trial["forgetting"] as? Double))) < 1e-9)
  }

  @Test func severalTargetsAreComparedAndOthersMayFollow() throws {
    let folder = try TemporaryFolder()
    let (base, output) = (folder.file("base.h5"), folder.file("transfer"))
    #expect(try Command("new", "mlp", "--classes", "5", "-o", base).status == 0)
    func run(_ targets: [String], _ options: String...) throws -> Command {
      let words = targets.flatMap { ["--target", "\(data):\($0)"] }
      return try Command(
        array: ["transfer", base, "--quick", "--epochs", "1", "--no-trials", "-o", output] + words + options)
    }
    let two = try run(["half-a", "half-b"], "--json")
    #expect(two.status == 0, "\(two.errors)")
    let object = try #require(try JSONSerialization.jsonObject(with: Data(two.output.utf8)) as? [String: Any])
    let targets = try #require(object["targets"] as? [[String: Any]])
    #expect(targets.count == 2 && targets.allSatisfy { ($0["curves"] as? [Any])?.count == 2 })
    let three = try run(["half-a", "half-b", "0,1"])
    #expect(three.status == 0 && three.output.contains("3 are there"), "\(three.output) \(three.errors)")
    #expect(three.output.contains("the copy ") && three.output.contains("own network by"), "\(three.output)")
    for target in targets.compactMap({ $0["target"] as? String }) {
      let name = target.replacingOccurrences(of: ":", with: "_").replacingOccurrences(of: ",", with: "_")
      #expect(FileManager.default.fileExists(atPath: "\(output)/\(name)/report.html"), "\(name)")
    }
    #expect(FileManager.default.fileExists(atPath: output + "/transfer.svg"))
    #expect((try finding(in: output)["targets"] as? [Any])?.count == 3)
  }

  @Test func aMapHasEveryAmountOfEveryTargetAndGoesOn() throws {
    let folder = try TemporaryFolder()
    let (base, output) = (folder.file("base.h5"), folder.file("map"))
    #expect(try Command("new", "mlp", "--classes", "5", "-o", base).status == 0)
    let arguments = [
      "transfer", base, "--map", "--target", data + ":0-4", "--target", data + ":5,6", "--epochs", "1",
      "--least-steps", "5", "--amounts", "3,20,all", "-o", output,
    ]
    let first = try Command(array: arguments + ["--json"])
    #expect(first.status == 0, "\(first.errors)")
    let object = try #require(try JSONSerialization.jsonObject(with: Data(first.output.utf8)) as? [String: Any])
    let targets = try #require(object["targets"] as? [[String: Any]])
    #expect(targets.count == 2 && (object["cases"] as? [Any])?.count == 4)
    for target in targets {
      let amounts = try #require(target["amounts"] as? [[String: Any]])
      #expect(amounts.map { $0["perClass"] as? Int } == [3, 20, nil])
      #expect(
        amounts.allSatisfy {
          ($0["strategies"] as? [Any])?.count == 4 && $0["leader"] is String && $0["winner"] is NSNull
        })
    }
    #expect(try finding(in: output) == object as NSDictionary)
    for file in ["report.html", "map.svg", "map.csv"] {
      #expect(FileManager.default.fileExists(atPath: output + "/" + file), "\(file)")
    }
    let again = try Command(array: arguments)
    #expect(again.status == 0 && again.output.contains("all are there"), "\(again.errors)")
    #expect(again.output.contains("CS231n advises") && again.output.contains("wins here"), "\(again.output)")
  }

  @Test func whatAMapCannotDoIsSaid() throws {
    let folder = try TemporaryFolder()
    let base = folder.file("base.h5")
    #expect(try Command("new", "mlp", "--classes", "5", "-o", base).status == 0)
    for (arguments, reason) in [
      (["--map", "--amounts", "5,3"], "must ascend"), (["--map", "--amounts", "1000"], "a class has only"),
      (["--map", "--amounts", "many"], "found 'many'"), (["--map", "--cut", "layers.0"], "not for --map"),
      (["--amounts", "5"], "for --map"), (["--target", data], "given twice"),
      (["--map", "--target", data], "given twice"), (["--map", "--least-steps", "0"], "at least 1"),
    ] {
      let command = try Command(array: ["transfer", base, "--target", data, "-o", folder.file("no")] + arguments)
      #expect(command.status == 64 && command.errors.contains(reason), "\(arguments): \(command.errors)")
      #expect(command.errors.split(separator: "\n").count == 1, "\(command.errors)")
    }
    #expect(!FileManager.default.fileExists(atPath: folder.file("no")))
  }

  @Test(arguments: [[], ["--map"]]) func dataThatDoNotFitLeaveNothingBehind(mode: [String]) throws {
    let folder = try TemporaryFolder()
    let (base, output) = (folder.file("base.h5"), folder.file("no"))
    #expect(try Command("new", "mlp", "--input", "3x8x8", "--classes", "5", "-o", base).status == 0)
    for (target, reason) in [(data, "the model expects 3×8×8"), (data + ":5", "one class")] {
      let command = try Command(array: ["transfer", base, "--target", target, "-o", output] + mode)
      #expect(command.status == 65 && command.errors.contains(reason), "\(target): \(command.errors)")
    }
    #expect(!FileManager.default.fileExists(atPath: output))
  }

  @Test func whatCannotBeCutIsSaid() throws {
    let folder = try TemporaryFolder()
    let base = folder.file("base.h5")
    #expect(try Command("new", "mlp", "--classes", "5", "-o", base).status == 0)
    for (arguments, reason) in [
      (["--cut", "nowhere"], "nowhere"), (["--seeds", "0"], "--seeds must be at least 1"),
      (["--freeze", "layers.0"], "the cuts freeze"),
    ] {
      let command = try Command(array: ["transfer", base, "--target", data, "-o", folder.file("no")] + arguments)
      #expect(command.status != 0 && command.status != 70 && command.errors.contains(reason), "\(command.errors)")
    }
    #expect(!FileManager.default.fileExists(atPath: folder.file("no")))
  }
}
