import Foundation

extension PageElements {
  /// Files within the page itself, each a link that saves it: the page alone has all its numbers.
  static func files(_ files: [(fileName: String, content: String)]) -> String {
    let items = files.map { name, content in
      "<li><a download=\"\(escapedMarkup(name))\" href=\"\(address(of: content))\">\(escapedMarkup(name))</a></li>"
    }
    return "<ul class=\"files\">\n\(items.joined(separator: "\n"))\n</ul>"
  }

  private static func address(of text: String) -> String {
    let plain = CharacterSet(
      charactersIn: "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._~,:;()[]*!/")
    return "data:text/csv;charset=utf-8," + (text.addingPercentEncoding(withAllowedCharacters: plain) ?? "")
  }
}
