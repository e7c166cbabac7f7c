import Foundation
import TestSupport
import Testing

@Suite(.serialized) struct CommandTests {
  private let data = Repository.fixture("fashion-mnist-small")

  @Test func theWholeStoryOnASmallSample() throws {
    let folder = try TemporaryFolder()
    let base = folder.file("base.h5")
    #expect(try Command("new", "cnn", "--classes", "5", "-o", base, "--seed", "7").status == 0)
    #expect(try Command("inspect", base).output.contains("1,199,237 parameters"))
    let train = try Command(
      "train", base, "--data", data + ":0-4", "--epochs", "2", "--lr", "0.03", "-o", folder.file("source"))
    #expect(train.status == 0, "\(train.errors)")
    let tune = try Command(
      "finetune", folder.file("source"), "--source", data + ":0-4", "--target", data + ":5-9", "--epochs", "2", "--lr",
      "0.03", "--regularizer", "l2-sp:alpha=0.1,beta=0.01", "--freeze", "features.0", "--json", "-o",
      folder.file("run"))
    #expect(tune.status == 0, "\(tune.errors)")
    let json = try #require(
      try JSONSerialization.jsonObject(with: Data(tune.output.utf8)) as? [String: Any], "\(tune.output)")
    let epochs = try #require(json["epochs"] as? [[String: Any]])
    #expect(epochs.compactMap { $0["epoch"] as? Int } == [0, 1, 2])
    #expect((json["forgetting"] as? [String: Any])?["final"] != nil)

    #expect(try Command("verify", folder.file("run")).status == 0)
    let drift = try Command("drift", folder.file("run"))
    #expect(drift.status == 0)
    let frozen = try #require(drift.output.split(separator: "\n").first { $0.hasPrefix("features.0") })
    #expect(frozen.contains("0.0000"))
    let similarity = try Command("cka", folder.file("run"), "--data", data + ":0-4", "--samples", "100")
    #expect(similarity.status == 0, "\(similarity.errors)")
    #expect(similarity.output.contains("features.0"))
    let report = try Command("report", folder.file("run"))
    #expect(report.status == 0, "\(report.errors)")
    let page = try String(contentsOfFile: folder.file("run/report.html"), encoding: .utf8)
    #expect(page.contains("<svg") && !page.contains("<script src"))
    let evaluated = try Command("evaluate", folder.file("run"), "--data", data + ":0-4", "--json")
    #expect(evaluated.status == 0 && evaluated.output.contains("\"perClass\""))
  }

  @Test func badInputIsOneLineWithItsStatus() throws {
    let folder = try TemporaryFolder()
    let base = folder.file("base.h5")
    #expect(try Command("new", "cnn", "--classes", "5", "-o", base).status == 0)
    try Data("no HDF5".utf8).write(to: URL(fileURLWithPath: folder.file("text.h5")))
    let whole = try Data(contentsOf: URL(fileURLWithPath: base))
    try whole.prefix(whole.count / 2).write(to: URL(fileURLWithPath: folder.file("half.h5")))
    var spoiled = whole
    spoiled[whole.count / 2] ^= 0xFF
    try spoiled.write(to: URL(fileURLWithPath: folder.file("spoiled.h5")))
    #expect(try Command("new", "mlp", "--input", "1x14x14", "--classes", "5", "-o", folder.file("mlp.h5")).status == 0)

    let run = folder.file("run")
    let cases: [(Int32, [String])] = [
      (66, ["inspect", folder.file("none.h5")]),
      (65, ["inspect", folder.file("text.h5")]),
      (65, ["inspect", folder.file("half.h5")]),
      (65, ["verify", folder.file("spoiled.h5")]),
      (65, ["train", folder.file("mlp.h5"), "--data", data + ":0-4", "-o", run]),
      (64, ["train", base, "--data", data + ":0-12", "-o", run]),
      (64, ["train", base, "--data", data + ":0-4", "--freeze", "feature.0", "-o", run]),
      (65, ["evaluate", base, "--data", data + ":0-4", "--head", "none"]),
      (73, ["train", base, "--data", data + ":0-4", "-o", folder.path]),
      (64, ["train", base, "--data", data + ":0-4", "--lr", "0.1", "--regularizer", "l2-sp:alpha=30", "-o", run]),
      (64, ["train", base, "--data", data + ":0-4", "--regularizer", "ewc", "-o", run]),
      (64, ["train", base, "--data", data + ":0-4", "--epochs", "many", "-o", run]),
      (66, ["train", base, "--data", folder.file("nowhere"), "-o", run]),
    ]
    for (status, arguments) in cases {
      let command = try Command(array: arguments)
      #expect(command.status == status, "\(arguments): \(command.errors)")
      // `verify` names all that is wrong: the file, and the tensor in it.
      let expected = arguments[0] == "verify" ? 2 : 1
      #expect(
        command.errorLines.filter { $0.hasPrefix("lethe: ") }.count == expected, "\(arguments): \(command.errors)")
      #expect(!FileManager.default.fileExists(atPath: run), "\(arguments) left a run behind")
    }
  }

  @Test func helpAndVersionNeedNoLibtorch() throws {
    #expect(try Command("--help").output.contains("finetune"))
    #expect(try Command("finetune", "--help").output.contains("--regularizer"))
    #expect(try Command("--version").status == 0)
  }
}
