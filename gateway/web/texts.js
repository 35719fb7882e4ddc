// What people read on the page. {names} are filled in.

import { faceTexts } from "/web/face-texts.js";
import { noseTexts } from "/web/nose-texts.js";

const en = {
  title: "Pawtrait: your dog, as an icon",
  headline: "Your dog, as an icon",
  lead: "Drop in a photo. We find the face, read the breed, the ears, the fur and the colours, and draw an icon that looks like your dog.",
  drop: "Drop a photo of your dog here",
  choose: "Choose a photo",
  take: "Take a photo",
  dropNote: "JPEG, PNG, WebP or HEIC, up to 15 MB",
  release: "Let go to upload",
  uploading: "Sending the photo…",
  looking: "Looking at your dog…",
  done: "Done: {breed}.",
  doneUnknown: "Done.",
  resultTitle: "Looks like {a} {breed}",
  resultUnsure: "Could be {a} {breed}",
  resultUnknown: "Here is your dog",
  icon: "The icon",
  download: "Download at",
  downloadAs: "Download as {format}",
  copy: "Copy link",
  copied: "Copied",
  photo: "Your photo",
  previewMissing: "Your browser cannot show this kind of photo; we can read it.",
  photoAlt: "The photo you chose: {name}",
  headFound: "The frame shows the face we read.",
  headCount: "{count} dogs: we read the one with the largest face.",
  headMissing: "No clear face found, so the whole photo was read. A photo from the front works better.",
  breed: "Breed",
  traits: "Looks",
  palette: "Colours",
  measured: "Measured in the face",
  main: "main",
  second: "second",
  editor: "Make it yours",
  editorNote: "Not quite right? Change any part; the icon follows at once.",
  reset: "Reset",
  again: "Try another photo",
  privacy: "Your photo is read once and forgotten; only the icon is kept.",
  api: "For developers",
  key: {
    title: "API key",
    label: "This server asks for a key. Whoever runs it can give you one.",
    use: "Use it",
    kept: "The key is used until you close this tab. Please try again.",
  },
  iconAlt: "Icon of a dog: {parts}",
  partial: "Not everything could be read just now ({services}). What is missing is filled with defaults.",
  services: { traits: "breed and looks", facecolor: "face and colours", icon: "icon" },
  errorTitle: "That did not work",
  networkTitle: "No connection",
  network: "We could not reach the server. Check your connection and try again.",
  unreadable: "The server answered with something unexpected. Please try again.",
  tooLargeTitle: "Too large",
  tooLarge: "This photo has {size} MB; we take up to 15 MB. A screenshot of it, or a smaller copy, will do.",
  tips: {
    NO_DOG_FOUND: ["One dog, face towards the camera", "Good light, nothing in front of the face", "Close enough that the head fills a good part of the photo"],
    NOT_AN_IMAGE: ["Use a photo file: JPEG, PNG, WebP or HEIC", "If it is one, it may be damaged: save or send it again"],
    PHOTO_TOO_LARGE: ["Send a smaller copy, up to 15 MB"],
  },
  retry: "Try again",
  requestId: "Request {id}",
  percent: "{value} %",
  groups: { ear: "Ears", fur: "Fur", pattern: "Pattern", head: "Head", primary: "Main colour", secondary: "Second colour", beard: "Beard" },
  words: {
    ear: { up: "Pricked", down: "Dropped" },
    fur: { short: "Short", long: "Long", curly: "Curly" },
    pattern: { none: "Plain", ear_patch: "Patches", spotted: "Spotted", muzzle: "Mask", blaze: "Blaze", points: "Points" },
    head: { round: "Round", flat: "Flat", long: "Long" },
    colour: { black: "Black", white: "White", gray: "Gray", brown: "Brown", red: "Red", tan: "Tan", cream: "Cream" },
    beard: { true: "With beard", false: "No beard" },
  },
};

const ko = {
  title: "Pawtrait: 우리 강아지를 아이콘으로",
  headline: "우리 강아지를 아이콘으로",
  lead: "사진 한 장이면 됩니다. 얼굴을 찾아 견종과 귀, 털, 색을 읽고 우리 강아지를 닮은 아이콘을 그려 드려요.",
  drop: "강아지 사진을 여기에 놓으세요",
  choose: "사진 고르기",
  take: "사진 찍기",
  dropNote: "JPEG, PNG, WebP, HEIC · 15 MB까지",
  release: "놓으면 올라갑니다",
  uploading: "사진을 보내는 중…",
  looking: "강아지를 살펴보는 중…",
  done: "완료: {breed}.",
  doneUnknown: "완료.",
  resultTitle: "{breed} 같아요",
  resultUnsure: "혹시 {breed}?",
  resultUnknown: "우리 강아지예요",
  icon: "아이콘",
  download: "내려받기",
  downloadAs: "{format}로 내려받기",
  copy: "링크 복사",
  copied: "복사했어요",
  photo: "올린 사진",
  previewMissing: "이 브라우저에서는 볼 수 없는 형식이지만 읽을 수는 있어요.",
  photoAlt: "고른 사진: {name}",
  headFound: "네모 칸이 읽은 얼굴입니다.",
  headCount: "강아지 {count}마리: 얼굴이 가장 큰 강아지를 읽었어요.",
  headMissing: "얼굴이 뚜렷하지 않아 사진 전체를 읽었어요. 정면 사진이 더 좋아요.",
  breed: "견종",
  traits: "생김새",
  palette: "색",
  measured: "얼굴에서 잰 색",
  main: "주색",
  second: "보조색",
  editor: "마음대로 바꾸기",
  editorNote: "조금 다른가요? 원하는 부분을 바꾸면 아이콘이 바로 바뀝니다.",
  reset: "되돌리기",
  again: "다른 사진으로",
  privacy: "사진은 한 번 읽고 버리며, 아이콘만 보관합니다.",
  api: "개발자용",
  key: {
    title: "API 키",
    label: "이 서버는 키가 있어야 쓸 수 있어요. 서버 운영자에게 받을 수 있습니다.",
    use: "사용하기",
    kept: "탭을 닫을 때까지 이 키를 사용합니다. 다시 시도해 주세요.",
  },
  iconAlt: "강아지 아이콘: {parts}",
  partial: "지금은 일부를 읽지 못했어요 ({services}). 빠진 부분은 기본값으로 채웠습니다.",
  services: { traits: "견종과 생김새", facecolor: "얼굴과 색", icon: "아이콘" },
  errorTitle: "잘 되지 않았어요",
  networkTitle: "연결되지 않았어요",
  network: "서버에 연결할 수 없습니다. 연결을 확인하고 다시 시도해 주세요.",
  unreadable: "서버의 응답을 읽을 수 없습니다. 다시 시도해 주세요.",
  tooLargeTitle: "너무 커요",
  tooLarge: "이 사진은 {size} MB입니다. 15 MB까지 받을 수 있어요. 더 작은 사본을 사용해 주세요.",
  tips: {
    NO_DOG_FOUND: ["한 마리만, 얼굴이 카메라를 향하게", "밝은 곳에서, 얼굴을 가리는 것 없이", "머리가 사진에서 충분히 크게 나오도록"],
    NOT_AN_IMAGE: ["JPEG, PNG, WebP, HEIC 사진 파일을 사용하세요", "사진이 맞다면 파일이 손상되었을 수 있어요. 다시 저장해 보세요"],
    PHOTO_TOO_LARGE: ["15 MB 이하의 사본을 보내 주세요"],
  },
  retry: "다시 시도",
  requestId: "요청 번호 {id}",
  percent: "{value} %",
  groups: { ear: "귀", fur: "털", pattern: "무늬", head: "머리", primary: "주색", secondary: "보조색", beard: "수염" },
  words: {
    ear: { up: "선 귀", down: "처진 귀" },
    fur: { short: "짧은 털", long: "긴 털", curly: "곱슬 털" },
    pattern: { none: "무늬 없음", ear_patch: "얼룩", spotted: "점박이", muzzle: "마스크", blaze: "이마 줄무늬", points: "눈썹 점" },
    head: { round: "둥근 머리", flat: "납작한 얼굴", long: "긴 얼굴" },
    colour: { black: "검정", white: "하양", gray: "회색", brown: "갈색", red: "빨강", tan: "황갈색", cream: "크림" },
    beard: { true: "수염 있음", false: "수염 없음" },
  },
};

const all = { en: { ...en, ...noseTexts.en, ...faceTexts.en }, ko: { ...ko, ...noseTexts.ko, ...faceTexts.ko } };

export const languages = Object.keys(all);

export let language = preferred();

function preferred() {
  for (const tag of navigator.languages ?? [navigator.language]) {
    const code = tag.split("-")[0].toLowerCase();
    if (code in all) return code;
  }
  return "en";
}

export function setLanguage(code) {
  language = code;
}

/** The text at a dotted path, its {names} filled in. */
export function text(path, values = {}) {
  const found = path.split(".").reduce((node, key) => node?.[key], all[language]);
  if (typeof found !== "string") return found;
  return found.replace(/\{(\w+)\}/g, (whole, name) => values[name] ?? whole);
}
