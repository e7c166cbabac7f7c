/// Ways from one folder to another.
public enum RelativePath {
  /// `../data` from `/a/run` to `/a/data`; both absolute, without links or dots in them.
  public static func from(_ folder: String, to path: String) -> String {
    let (from, to) = (folder.split(separator: "/"), path.split(separator: "/"))
    let shared = zip(from, to).prefix { $0 == $1 }.count
    let way = Array(repeating: "..", count: from.count - shared) + to.dropFirst(shared).map(String.init)
    return way.isEmpty ? "." : way.joined(separator: "/")
  }
}
